// How a row of pipeline_runs is read. Internal to catalog/.
#pragma once

#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"

// Never the context, and the first characters of a text only: the scheduler reads many rows at once, of a time too when
// nothing bounded them.
#define SLUICE_RUN_COLUMNS                                                                                             \
	"r.id, r.pipeline_id, r.pipeline_name, r.pipeline_version, r.owner_oid, r.status, left(r.reason, 8192), "          \
	"r.cause, r.if_running, r.triggered_by, r.root_run, r.batch, r.attempt, r.source, r.phase, r.error_sqlstate, "     \
	"left(r.error_message, 8192), r.metadata ->> 'lost_before', " SLUICE_SQL_MICROSECONDS(                             \
		"COALESCE(r.due_at, r.queued_at)") ", r.xmin "

namespace sluice::catalog {

// A row of SLUICE_RUN_COLUMNS.
RunRow ReadRun(const pg::SqlResult &rows, size_t row);

} // namespace sluice::catalog
