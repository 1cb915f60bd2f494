#include "engine/command/command_text.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "parser/scansup.h"
#include "tcop/utility.h"
}

namespace sluice::engine::leaf {

namespace {

struct Parsed {
	const char *text;
	const char *option;
};

// Shows the place of an error in the command, not in the statement that defines the pipeline.
void
PointIntoCommand(void *argument)
{
	const auto *parsed = static_cast<const Parsed *>(argument);
	int const position = geterrposition();
	if (position > 0) {
		errposition(0);
		internalerrposition(position);
		internalerrquery(parsed->text);
	}
	if (geterrcode() == ERRCODE_SYNTAX_ERROR) {
		errhint("%s is one or several SQL statements, separated by semicolons.",
				parsed->option != nullptr ? parsed->option : "A command");
	}
	errcontext("%s of the pipeline", parsed->option != nullptr ? parsed->option : "command");
}

// Why a run cannot make this statement; null: it can.
struct Refusal {
	const char *reason;
	const char *hint;
};

constexpr Refusal kTransactionControl = {
	"the run begins and ends its transactions itself",
	"Leave it out: all statements are one transaction, or each is one of its own, as the option command_transaction "
	"says."};
constexpr Refusal kPartOfRun = {"the run begins and ends its transactions itself",
								"Leave it out: these statements are part of the run's transaction."};
constexpr Refusal kCopy = {"there is no client to send rows to or from",
						   "Use a file or PROGRAM, or a pipeline with source and destination_table."};
constexpr Refusal kListen = {"nobody waits for notifications in a run", "Leave it out; NOTIFY is possible."};
constexpr Refusal kCursor = {"there is no client to fetch rows", "Use a cursor inside DO or a function."};

bool
SetsTransaction(const VariableSetStmt *set)
{
	return set->kind == VAR_SET_MULTI && strncmp(set->name, "TRANSACTION", strlen("TRANSACTION")) == 0;
}

const Refusal *
Refuse(const Node *statement)
{
	switch (nodeTag(statement)) {
	case T_TransactionStmt:
		return &kTransactionControl;
	case T_VariableSetStmt:
		return SetsTransaction(reinterpret_cast<const VariableSetStmt *>(statement)) ? &kTransactionControl : nullptr;
	case T_CopyStmt:
		return reinterpret_cast<const CopyStmt *>(statement)->filename == nullptr ? &kCopy : nullptr;
	case T_ListenStmt:
	case T_UnlistenStmt:
		return &kListen;
	case T_DeclareCursorStmt:
	case T_FetchStmt:
	case T_ClosePortalStmt:
		return &kCursor;
	default:
		return nullptr;
	}
}

// Null when it is not there.
DefElem *
FindOption(List *options, const char *name)
{
	ListCell *cell;
	foreach (cell, options) {
		DefElem *option = lfirst_node(DefElem, cell);
		if (strcmp(option->defname, name) == 0) {
			return option;
		}
	}
	return nullptr;
}

bool
DetachesConcurrently(const AlterTableStmt *alter)
{
	ListCell *cell;
	foreach (cell, alter->cmds) {
		const AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);
		if (command->subtype == AT_DetachPartition && castNode(PartitionCmd, command->def)->concurrent) {
			return true;
		}
	}
	return false;
}

// Of a table it is no more than a long statement; that it is partitioned tells only the catalog.
Alone
AloneIfReindex(const ReindexStmt *reindex)
{
	bool const many = reindex->kind == REINDEX_OBJECT_SCHEMA || reindex->kind == REINDEX_OBJECT_SYSTEM ||
					  reindex->kind == REINDEX_OBJECT_DATABASE;
	DefElem *concurrently = FindOption(reindex->params, "concurrently");
	return many || (concurrently != nullptr && defGetBoolean(concurrently)) ? Alone::Always : Alone::IfSingle;
}

Alone
AlwaysIf(bool alone)
{
	return alone ? Alone::Always : Alone::No;
}

// The callers of PreventInTransactionBlock().
Alone
AloneOf(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_VacuumStmt:
		return AlwaysIf(castNode(VacuumStmt, statement)->is_vacuumcmd);
	case T_IndexStmt:
		return AlwaysIf(castNode(IndexStmt, statement)->concurrent);
	case T_DropStmt:
		return AlwaysIf(castNode(DropStmt, statement)->concurrent);
	case T_AlterTableStmt:
		return AlwaysIf(DetachesConcurrently(castNode(AlterTableStmt, statement)));
	case T_AlterDatabaseStmt:
		return AlwaysIf(FindOption(castNode(AlterDatabaseStmt, statement)->options, "tablespace") != nullptr);
	case T_DiscardStmt:
		return AlwaysIf(castNode(DiscardStmt, statement)->target == DISCARD_ALL);
	case T_ReindexStmt:
		return AloneIfReindex(castNode(ReindexStmt, statement));
	case T_ClusterStmt:
		return castNode(ClusterStmt, statement)->relation == nullptr ? Alone::Always : Alone::IfSingle;
	case T_CreatedbStmt:
	case T_DropdbStmt:
	case T_CreateTableSpaceStmt:
	case T_DropTableSpaceStmt:
	case T_AlterSystemStmt:
	case T_CreateSubscriptionStmt:
	case T_AlterSubscriptionStmt:
	case T_DropSubscriptionStmt:
		return Alone::Always;
	case T_CallStmt:
	case T_DoStmt:
		return Alone::IfSingle;
	default:
		return Alone::No;
	}
}

// In characters, from 1.
int
PositionOf(const char *text, const RawStmt *raw)
{
	int start = raw->stmt_location > 0 ? raw->stmt_location : 0;
	while (scanner_isspace(text[start])) {
		++start;
	}
	return pg_mbstrlen_with_len(text, start) + 1;
}

void
Read(List *parsed, const char *option, CommandText *command)
{
	command->count = list_length(parsed);
	if (command->count == 0) {
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s has no statement", option != nullptr ? option : "command")));
	}
	command->statements =
		static_cast<CommandStatement *>(palloc0(sizeof(CommandStatement) * static_cast<Size>(command->count)));
	for (int i = 0; i < command->count; ++i) {
		RawStmt *raw = static_cast<RawStmt *>(list_nth(parsed, i));
		CommandStatement *statement = &command->statements[i];
		statement->raw = raw;
		statement->tag = GetCommandTagName(CreateCommandTag(raw->stmt));
		statement->alone = AloneOf(raw->stmt);
		if (const Refusal *refusal = Refuse(raw->stmt)) {
			refusal = option != nullptr && refusal == &kTransactionControl ? &kPartOfRun : refusal;
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("%s cannot contain %s: %s", option != nullptr ? option : "a command", statement->tag,
								   refusal->reason),
							errhint("%s", refusal->hint), errposition(PositionOf(command->text, raw))));
		}
	}
}

} // namespace

void
ParseCommand(const char *text, const char *option, CommandText *command)
{
	Parsed parsed = {text, option};
	ErrorContextCallback callback;
	callback.callback = PointIntoCommand;
	callback.arg = &parsed;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	command->text = text;
	Read(raw_parser(text, RAW_PARSE_DEFAULT), option, command);
	error_context_stack = callback.previous;
}

// Where a length is not known it is the last one.
char *
StatementText(const CommandText *command, int number)
{
	const RawStmt *raw = command->statements[number].raw;
	const char *start = command->text + (raw->stmt_location > 0 ? raw->stmt_location : 0);
	const char *end = raw->stmt_len > 0 ? start + raw->stmt_len : command->text + strlen(command->text);
	while (start < end && scanner_isspace(*start)) {
		++start;
	}
	return pnstrdup(start, static_cast<Size>(end - start));
}

} // namespace sluice::engine::leaf
