// One statement of a command, as the server runs one that a client sends: a portal of its own at the top level, not
// SPI, so that what must be alone can be. Leaf code: may raise.
#pragma once

#include "engine/command/command_text.hpp"

namespace sluice::engine::leaf {

enum class StatementPlace : int {
	Caller, // inside the statement of a caller, as in a function
	Top		// of a worker, in or outside a transaction block
};

struct StatementResult {
	const char *tag; // as the server completed it: SELECT for CREATE TABLE AS
	uint64 rows;
	bool counted; // the tag has a number of rows
};

// In a transaction; where the statement may end it no snapshot is active. memory: lives longer than transactions.
void RunStatement(const CommandText *command, int number, StatementPlace place, MemoryContext memory,
				  StatementResult *result);
// After one that has raised.
void EndStatementTimeout();

} // namespace sluice::engine::leaf
