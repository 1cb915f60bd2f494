// The live runs of a database, as C++ sees them, and uuids on their way in and out of shared memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "worker/run_slots.hpp"

namespace sluice::worker {

struct LiveRun {
	int slot = 0;
	std::string run;
	std::string pipeline;
	RunSlot facts{};

	bool IsLive() const { return facts.state == RunState::Launching || facts.state == RunState::Running; }
};

// Those launching, running, and ended without an end in their row; none without shared memory.
std::vector<LiveRun> LiveRuns(Oid database);

std::vector<StopRequest> OpenStops(Oid database);

// For reasons: role "x", or its OID when it is gone. Needs a transaction.
std::string RoleText(Oid role);

// Throws Error when the text is no uuid.
pg_uuid_t UuidFromText(const std::string &text);
std::string UuidText(const pg_uuid_t &uuid);

} // namespace sluice::worker
