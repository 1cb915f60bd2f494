// The SQL of a command, parsed and never planned: its statements, and which of them cannot share a transaction with
// others. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Whether a statement begins and ends transactions by itself, or may only begin one.
enum class Alone : int {
	No,
	IfSingle, // it may: a procedure that commits, a REINDEX of a partitioned table. Among others it does without
	Always	  // the server refuses it inside a transaction block
};

struct CommandStatement {
	RawStmt *raw;	 // parse analysis scribbles on it: for one execution
	const char *tag; // INSERT, CREATE INDEX
	Alone alone;
};

struct CommandText {
	const char *text;
	int count;
	CommandStatement *statements;
};

// In the current memory context; text must outlive the result. Raises for SQL that is none, with the place in the text,
// and for what a run cannot do: transaction control, and all that needs a client. option: the one that holds it; NULL:
// it is a command.
void ParseCommand(const char *text, const char *option, CommandText *command);
// What of the text is that statement.
char *StatementText(const CommandText *command, int number);

} // namespace sluice::engine::leaf
