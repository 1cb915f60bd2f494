#include "core/session_settings.hpp"

#include "core/format.hpp"

namespace sluice {

namespace {

constexpr unsigned kRemote = SourceSession | DestinationSession;
constexpr unsigned kEverywhere = kRemote | OwnSession;

// A test compares this list with what the server has: a setting of a client is here, or said there not to matter.
// Beside these a run pins TimeZone and search_path, which are the pipeline's, jit and work_mem, which are options.
constexpr SessionSetting kSettings[] = {
	// What input and output functions read. Not lc_monetary: amounts of money that are stored have their meaning from
	// their own server's, so money travels as numeric.
	{"DateStyle", "ISO, MDY", kEverywhere, 0},
	{"IntervalStyle", "postgres", kEverywhere, 0},
	{"extra_float_digits", "3", kEverywhere, 0},
	{"bytea_output", "hex", kEverywhere, 0},
	{"xmlbinary", "base64", kEverywhere, 0},
	{"xmloption", "content", kEverywhere, 0},
	{"array_nulls", "on", kEverywhere, 0},
	{"quote_all_identifiers", "off", kEverywhere, 0},
	// How our own statements, columns and filter are read.
	{"standard_conforming_strings", "on", kEverywhere, 0},
	{"transform_null_equals", "off", kEverywhere, 0},
	// Rows left out in silence. Where a policy hides some from the remote role, the statement fails.
	{"gin_fuzzy_search_limit", "0", kEverywhere, 0},
	{"row_security", "on", OwnSession, 0},
	{"row_security", "off", kRemote, 0},
	// A run has time limits of its own.
	{"statement_timeout", "0", kEverywhere, 0},
	{"lock_timeout", "0", kEverywhere, 0},
	{"idle_in_transaction_session_timeout", "0", kEverywhere, 0},
	{"transaction_timeout", "0", kEverywhere, 170000},
	// A session there that is cut off from us must end soon, for it holds locks.
	{"tcp_keepalives_idle", "60", DestinationSession, 0},
	{"tcp_keepalives_interval", "10", DestinationSession, 0},
	{"tcp_keepalives_count", "6", DestinationSession, 0},
	{"client_min_messages", "error", kRemote, 0},
};

} // namespace

std::span<const SessionSetting>
SessionSettings()
{
	return kSettings;
}

std::string
SetLocalStatements(SessionPlace place, int version)
{
	std::string statements;
	for (const SessionSetting &setting : kSettings) {
		if ((setting.places & place) != 0 && version >= setting.since) {
			statements += Format("SET LOCAL {} = '{}'; ", setting.name, setting.value);
		}
	}
	return statements;
}

} // namespace sluice
