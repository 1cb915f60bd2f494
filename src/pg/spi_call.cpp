#include "pg/spi_call.hpp"

extern "C" {
#include "jit/jit.h"
#include "optimizer/cost.h"
#include "parser/parse_expr.h"
#include "parser/parser.h"
}

namespace sluice::pg::leaf {

namespace {

// Until the end of the GUC nest level.
void
SetLocally(const char *name, const char *value)
{
	(void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

// What decides what the text of a statement, and of an array among its parameters, means, and how it is planned. What
// is as it should be, as all of it in the scheduler, is not set: that costs as much as a small statement.
void
SetReading()
{
	constexpr const char *kPath = "pg_catalog, pg_temp";
	if (strcmp(namespace_search_path, kPath) != 0) {
		SetLocally("search_path", kPath);
	}
	// A kept plan that was made while a table was small must still do when it is large.
	if (enable_seqscan) {
		SetLocally("enable_seqscan", "off");
	}
	if (jit_enabled) {
		SetLocally("jit", "off");
	}
	if (!Array_nulls) {
		SetLocally("array_nulls", "on");
	}
	if (Transform_null_equals) {
		SetLocally("transform_null_equals", "off");
	}
	if (!standard_conforming_strings) {
		SetLocally("standard_conforming_strings", "on");
	}
}

void
CopyCells(SqlCells *out)
{
	SPITupleTable *table = SPI_tuptable;
	MemoryContext old = MemoryContextSwitchTo(out->context);
	out->columns = table->tupdesc->natts;
	out->rows = table->numvals;
	out->cells = static_cast<char **>(
		palloc_extended(sizeof(char *) * (out->rows * out->columns + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
	for (uint64 row = 0; row < out->rows; ++row) {
		for (int column = 0; column < out->columns; ++column) {
			out->cells[row * out->columns + column] = SPI_getvalue(table->vals[row], table->tupdesc, column + 1);
		}
	}
	MemoryContextSwitchTo(old);
}

} // namespace

void
EnterRole(RoleScope *scope, Oid role, bool queues_triggers)
{
	GetUserIdAndSecContext(&scope->user, &scope->security);
	SetUserIdAndSecContext(role, scope->security | SECURITY_LOCAL_USERID_CHANGE |
									 (queues_triggers ? 0 : SECURITY_RESTRICTED_OPERATION));
	scope->guc_level = NewGUCNestLevel();
	SetReading();
}

void
LeaveRole(const RoleScope *scope)
{
	AtEOXact_GUC(false, scope->guc_level);
	SetUserIdAndSecContext(scope->user, scope->security);
}

void
RunSql(SqlCall *call, SqlCells *out)
{
	memset(out, 0, sizeof(*out));
	// Under the transaction's context: a caught error is always followed by an abort that frees it.
	out->context = AllocSetContextCreate(CurTransactionContext, "pg_sluice sql", ALLOCSET_DEFAULT_SIZES);

	RoleScope scope{};
	if (OidIsValid(call->run_as)) {
		EnterRole(&scope, call->run_as, call->queues_triggers);
	}
	bool const own_snapshot = call->latest_snapshot || !ActiveSnapshotSet();
	if (own_snapshot) {
		PushActiveSnapshot(call->latest_snapshot ? GetLatestSnapshot() : GetTransactionSnapshot());
	}
	SPI_connect();

	auto *types = static_cast<Oid *>(palloc(sizeof(Oid) * (call->parameter_count + 1)));
	auto *values = static_cast<Datum *>(palloc0(sizeof(Datum) * (call->parameter_count + 1)));
	auto *nulls = static_cast<char *>(palloc(call->parameter_count + 1));
	for (int i = 0; i < call->parameter_count; ++i) {
		types[i] = TEXTOID;
		nulls[i] = call->parameters[i] == nullptr ? 'n' : ' ';
		if (call->parameters[i] != nullptr) {
			values[i] = CStringGetTextDatum(call->parameters[i]);
		}
	}

	// A read-only execution uses the active snapshot as it is instead of taking a new one.
	bool const read_only = call->latest_snapshot;
	int code;
	if (call->kept != nullptr) {
		if (*call->kept == nullptr) {
			SPIPlanPtr plan = SPI_prepare_cursor(call->statement, call->parameter_count, types,
												 call->generic_plan ? CURSOR_OPT_GENERIC_PLAN : 0);
			if (plan == nullptr) {
				elog(ERROR, "could not prepare statement: %s", SPI_result_code_string(SPI_result));
			}
			SPI_keepplan(plan);
			// Before its first execution, which may fail.
			*call->kept = plan;
		}
		code = SPI_execute_plan(*call->kept, values, nulls, read_only, 0);
	} else {
		code = SPI_execute_with_args(call->statement, call->parameter_count, types, values, nulls, read_only, 0);
	}
	if (code < 0) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("statement could not be run: %s", SPI_result_code_string(code))));
	}
	out->processed = SPI_processed;
	if (SPI_tuptable != nullptr) {
		CopyCells(out);
	}
	SPI_finish();
	if (own_snapshot) {
		PopActiveSnapshot();
	}
	if (OidIsValid(call->run_as)) {
		LeaveRole(&scope);
	}
}

} // namespace sluice::pg::leaf
