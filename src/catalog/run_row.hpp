// A row of pipeline_runs as C++ reads it.
#pragma once

#include <optional>
#include <string>

#include "core/run_phase.hpp"
#include "pg/prelude.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

inline constexpr const char *kOnlyLook = "look";
inline constexpr const char *kLookFirst = "load";

// What becomes of rows that only the destination has.
inline constexpr const char *kRepairKeeps = "keep";
inline constexpr const char *kRepairDeletes = "delete";

struct RunRow {
	std::string id;
	std::string pipeline_id;
	std::string pipeline_name;
	int pipeline_version = 0;
	Oid owner_oid = InvalidOid;
	std::string status;
	std::optional<std::string> reason;
	std::string cause;
	std::string if_running;
	std::optional<std::string> triggered_by;
	std::string root_run;
	std::string batch;
	int attempt = 1;
	std::optional<std::string> source;
	RunPhase phase = RunPhase::None; // of its end
	std::optional<std::string> error_sqlstate;
	std::optional<std::string> error_message;
	// An attempt before it may have committed its rows at another server: kOnlyLook, or kLookFirst and load then.
	std::optional<std::string> lost_before;
	TimestampTz due = 0;				// due_at, or queued_at for a run without a due time
	bool is_slice = false;				// of a backfill
	std::optional<std::string> repair;	// of a repair, or an attempt of it: kRepairKeeps or kRepairDeletes
	bool from_this_transaction = false; // inserted by the current transaction, not committed yet
};

// A row of SLUICE_RUN_COLUMNS.
RunRow ReadRun(const pg::SqlResult &rows, size_t row);

} // namespace sluice::catalog

// Never the context, and the first characters of a text only: the scheduler reads many rows at once, of a time too when
// nothing bounded them.
#define SLUICE_RUN_COLUMNS                                                                                             \
	"r.id, r.pipeline_id, r.pipeline_name, r.pipeline_version, r.owner_oid, r.status, left(r.reason, 8192), "          \
	"r.cause, r.if_running, r.triggered_by, r.root_run, r.batch, r.attempt, r.source, r.phase, r.error_sqlstate, "     \
	"left(r.error_message, 8192), r.metadata ->> 'lost_before', " SLUICE_SQL_MICROSECONDS(                             \
		"COALESCE(r.due_at, r.queued_at)") ", r.metadata ? 'backfill', r.metadata ->> 'repair', "                      \
										   "r.xmin "
