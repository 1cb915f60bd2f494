// Leaf behind pg/sql.hpp: plain C-style code, plain data only; may raise anywhere.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg::leaf {

struct SqlCall {
	const char *statement;
	int parameter_count;
	const char *const *parameters; // NULL element: SQL NULL
	Oid run_as;
	bool latest_snapshot;
	bool queues_triggers;
	SPIPlanPtr *kept;  // where its plan is kept, for the life of the backend; NULL: it is not
	bool generic_plan; // of a kept one
};

struct SqlCells {
	MemoryContext context; // owns everything below; the caller deletes it
	uint64 processed;
	uint64 rows;
	int columns;
	char **cells; // rows x columns, NULL element: SQL NULL
};

void RunSql(SqlCall *call, SqlCells *out);

// As SqlOptions::run_as, for what runs by itself.
struct RoleScope {
	Oid user;
	int security;
	int guc_level;
};
void EnterRole(RoleScope *scope, Oid role, bool queues_triggers);
void LeaveRole(const RoleScope *scope);

} // namespace sluice::pg::leaf
