// Whose pipelines a role watches in pipeline_status, recent_runs and pipeline_health. Internal to catalog/.
#pragma once

// The role is $1; what it watches is of roles whose rights it has, as pg_monitor of all.
#define SLUICE_SQL_WATCHED(owner)                                                                                      \
	"(pg_has_role($1::oid, " owner ", 'USAGE') OR pg_has_role($1::oid, 'pg_monitor'::name, 'USAGE'))"
