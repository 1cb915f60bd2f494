#include "engine/command/run_statement.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "parser/analyze.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/timeout.h"
}

namespace sluice::engine::leaf {

namespace {

// As PostgreSQL does it for what clients send.
void
Tell(const char *statement, Node *parsed)
{
	pgstat_report_activity(STATE_RUNNING, statement);
	if (log_statement == LOGSTMT_ALL || GetCommandLogLevel(parsed) <= log_statement) {
		ereport(LOG, (errmsg("statement: %s", statement), errhidestmt(true)));
	}
}

Portal
MakePortal(const CommandText *command, RawStmt *raw)
{
	bool const needs_snapshot = analyze_requires_snapshot(raw);
	if (needs_snapshot) {
		PushActiveSnapshot(GetTransactionSnapshot());
	}
	List *queries = pg_analyze_and_rewrite_fixedparams(raw, command->text, nullptr, 0, nullptr);
	List *plans = pg_plan_queries(queries, command->text, CURSOR_OPT_PARALLEL_OK, nullptr);
	if (needs_snapshot) {
		PopActiveSnapshot();
	}
	CHECK_FOR_INTERRUPTS();
	Portal portal = CreateNewPortal();
	portal->visible = false;
	PortalDefineQuery(portal, nullptr, command->text, CreateCommandTag(raw->stmt), plans, nullptr);
	PortalStart(portal, nullptr, 0, InvalidSnapshot);
	return portal;
}

} // namespace

void
RunStatement(const CommandText *command, int number, StatementPlace place, MemoryContext memory,
			 StatementResult *result)
{
	// What planning takes is freed with each statement: a command may have thousands.
	MemoryContext const own = AllocSetContextCreate(memory, "pg_sluice statement", ALLOCSET_DEFAULT_SIZES);
	MemoryContext const outer = MemoryContextSwitchTo(own);
	bool const of_transaction = outer == TopTransactionContext;
	RawStmt *raw = command->statements[number].raw;
	bool const top = place == StatementPlace::Top;
	// A statement before may have set it; nothing else of a run does.
	if (StatementTimeout > 0) {
		enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
	}
	if (top) {
		Tell(StatementText(command, number), raw->stmt);
	}
	Portal portal = MakePortal(command, raw);
	DestReceiver *receiver = CreateDestReceiver(DestNone);
	QueryCompletion completion;
	InitializeQueryCompletion(&completion);
	pg::compat::RunPortal(portal, top, receiver, &completion);
	receiver->rDestroy(receiver);
	CommandTag const tag = completion.commandTag != CMDTAG_UNKNOWN ? completion.commandTag : portal->commandTag;
	PortalDrop(portal, false);
	EndStatementTimeout();
	result->tag = GetCommandTagName(tag);
	result->counted = command_tag_display_rowcount(tag);
	result->rows = result->counted ? completion.nprocessed : 0;
	// The next one sees what this one did.
	CommandCounterIncrement();
	// The statement may have ended that transaction and begun another.
	MemoryContextSwitchTo(of_transaction ? TopTransactionContext : outer);
	MemoryContextDelete(own);
}

void
EndStatementTimeout()
{
	if (get_timeout_active(STATEMENT_TIMEOUT)) {
		disable_timeout(STATEMENT_TIMEOUT, false);
	}
}

} // namespace sluice::engine::leaf
