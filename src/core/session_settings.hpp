// Settings that decide what a value's text means, or whether a run goes through: what every run pins, whatever a role,
// a database or a caller has set. In three sessions: at a source, in this database, at a destination. Plain data.
#pragma once

#include <span>
#include <string>

namespace sluice {

enum SessionPlace : unsigned {
	SourceSession = 1,
	OwnSession = 2,
	DestinationSession = 4,
};

struct SessionSetting {
	const char *name;
	const char *value;
	unsigned places;
	int since; // first version of PostgreSQL that has it, as server_version_num; 0: all that we read from
};

std::span<const SessionSetting> SessionSettings();

// SET LOCAL statements, each with its semicolon, for a place at a server of that version.
std::string SetLocalStatements(SessionPlace place, int version);

} // namespace sluice
