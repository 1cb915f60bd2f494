// SQL for where a pipeline is at home: see adoption.hpp. Internal to catalog/.
#pragma once

// The home of a pipeline that is defined now, and whether the definition d is not at home.
#define SLUICE_SQL_IDENTITY "(SELECT h.identity FROM sluice.pipeline_identity h)"
#define SLUICE_SQL_DATABASE "(SELECT b.oid FROM pg_database b WHERE b.datname = current_database())"
#define SLUICE_SQL_PARKED                                                                                              \
	"(d.home, d.home_database) IS DISTINCT FROM (" SLUICE_SQL_IDENTITY ", " SLUICE_SQL_DATABASE ")"
