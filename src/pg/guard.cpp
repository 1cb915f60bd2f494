#include "pg/guard.hpp"

#include "core/sqlstate.hpp"

namespace sluice::pg {

namespace {

std::string
Text(const char *s)
{
	return s == nullptr ? std::string() : std::string(s);
}

const char *
Copy(const std::string &s) noexcept
{
	if (s.empty()) {
		return nullptr;
	}
	// Not pstrdup: that could raise while the exception is still in flight, for its size as well.
	auto *copy = static_cast<char *>(
		MemoryContextAllocExtended(CurrentMemoryContext, s.size() + 1, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE));
	if (copy != nullptr) {
		memcpy(copy, s.c_str(), s.size() + 1);
	}
	return copy;
}

void
DescribeError(Report *report, const ErrorInfo &info) noexcept
{
	report->sqlstate = info.sqlstate;
	report->message = Copy(info.message);
	report->detail = Copy(info.detail);
	report->detail_log = Copy(info.detail_log);
	report->hint = Copy(info.hint);
	report->context = Copy(info.context);
	report->schema_name = Copy(info.schema_name);
	report->table_name = Copy(info.table_name);
	report->column_name = Copy(info.column_name);
	report->datatype_name = Copy(info.datatype_name);
	report->constraint_name = Copy(info.constraint_name);
	report->internal_query = Copy(info.internal_query);
	report->source_file = Copy(info.source_file);
	report->source_function = Copy(info.source_function);
	report->source_line = info.source_line;
	report->cursor_position = info.cursor_position;
	report->internal_position = info.internal_position;
	report->from_postgres = info.from_postgres;
	report->to_server_log = info.to_server_log;
	report->to_client = info.to_client;
	report->hide_statement = info.hide_statement;
}

// ErrorData's strings are not const although ReThrowError only copies them.
char *
Mutable(const char *s)
{
	return const_cast<char *>(s); // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

// A context of its own: FreeErrorData does not free all that CopyErrorData copies.
MemoryContext scratch = nullptr;

// NULL when there is no memory for it. That is an error, too, and nobody but this may catch it: C++ frames lie between
// here and who would.
ErrorData *
CopyCaughtError()
{
	sigjmp_buf *const saved_stack = PG_exception_stack;
	ErrorData *volatile data = nullptr;
	sigjmp_buf here;
	if (sigsetjmp(here, 0) == 0) {
		PG_exception_stack = &here;
		if (scratch == nullptr) {
			scratch = AllocSetContextCreate(TopMemoryContext, "pg_sluice error", ALLOCSET_SMALL_SIZES);
		}
		MemoryContextSwitchTo(scratch);
		data = CopyErrorData();
	}
	PG_exception_stack = saved_stack;
	return data;
}

void
EmitWarning(int sqlstate, const char *message)
{
	ereport(WARNING, (errcode(sqlstate), errmsg_internal("%s", message)));
}

} // namespace

void
ThrowCaughtError(MemoryContext saved_context)
{
	int const state = geterrcode();
	ErrorData *data = CopyCaughtError();
	MemoryContextSwitchTo(saved_context);
	FlushErrorState();
	if (data == nullptr) {
		throw Error(state, "out of memory for the message of an error");
	}
	ErrorInfo info;
	info.sqlstate = data->sqlerrcode;
	info.message = Text(data->message);
	info.detail = Text(data->detail);
	info.detail_log = Text(data->detail_log);
	info.hint = Text(data->hint);
	info.context = Text(data->context);
	info.schema_name = Text(data->schema_name);
	info.table_name = Text(data->table_name);
	info.column_name = Text(data->column_name);
	info.datatype_name = Text(data->datatype_name);
	info.constraint_name = Text(data->constraint_name);
	info.internal_query = Text(data->internalquery);
	info.source_file = Text(data->filename);
	info.source_function = Text(data->funcname);
	info.source_line = data->lineno;
	info.cursor_position = data->cursorpos;
	info.internal_position = data->internalpos;
	info.from_postgres = true;
	info.to_server_log = data->output_to_server;
	info.to_client = data->output_to_client;
	info.hide_statement = data->hide_stmt;
	MemoryContextReset(scratch);
	throw Error(std::move(info));
}

void
WarnAbout(const Error &error) noexcept
{
	// A WARNING can itself raise (a broken client connection, memory): then there is nothing left to do.
	try {
		Call(EmitWarning, error.State(), error.what());
	} catch (...) {
	}
}

void
Describe(Report *report) noexcept
{
	*report = Report{};
	report->sqlstate = sqlstate::kInternalError;
	report->to_server_log = true;
	report->to_client = true;
	try {
		throw;
	} catch (const Error &error) {
		DescribeError(report, error.Info());
	} catch (const std::bad_alloc &) {
		report->sqlstate = sqlstate::kOutOfMemory;
		report->message = "out of memory";
	} catch (const std::exception &error) {
		report->message = Copy(error.what());
	} catch (...) {
		report->message = "unrecognized C++ exception";
	}
}

void
Raise(const Report *report)
{
	const char *message = report->message != nullptr ? report->message : "out of memory";
	if (report->from_postgres) {
		// The context lines were collected when the error was first raised: do not run the callbacks again.
		ErrorData data;
		memset(&data, 0, sizeof(data));
		data.elevel = ERROR;
		data.output_to_server = report->to_server_log;
		data.output_to_client = report->to_client;
		data.hide_stmt = report->hide_statement;
		data.filename = report->source_file;
		data.lineno = report->source_line;
		data.funcname = report->source_function;
		data.sqlerrcode = report->sqlstate;
		data.message = Mutable(message);
		data.detail = Mutable(report->detail);
		data.detail_log = Mutable(report->detail_log);
		data.hint = Mutable(report->hint);
		data.context = Mutable(report->context);
		data.schema_name = Mutable(report->schema_name);
		data.table_name = Mutable(report->table_name);
		data.column_name = Mutable(report->column_name);
		data.datatype_name = Mutable(report->datatype_name);
		data.constraint_name = Mutable(report->constraint_name);
		data.internalquery = Mutable(report->internal_query);
		data.cursorpos = report->cursor_position;
		data.internalpos = report->internal_position;
		data.assoc_context = CurrentMemoryContext;
		ReThrowError(&data);
	}
	ereport(
		ERROR,
		(errcode(report->sqlstate), errmsg_internal("%s", message),
		 report->detail != nullptr ? errdetail_internal("%s", report->detail) : 0,
		 report->detail_log != nullptr ? errdetail_log("%s", report->detail_log) : 0,
		 report->hint != nullptr ? errhint("%s", report->hint) : 0,
		 report->context != nullptr ? errcontext_msg("%s", report->context) : 0,
		 report->schema_name != nullptr ? err_generic_string(PG_DIAG_SCHEMA_NAME, report->schema_name) : 0,
		 report->table_name != nullptr ? err_generic_string(PG_DIAG_TABLE_NAME, report->table_name) : 0,
		 report->column_name != nullptr ? err_generic_string(PG_DIAG_COLUMN_NAME, report->column_name) : 0,
		 report->datatype_name != nullptr ? err_generic_string(PG_DIAG_DATATYPE_NAME, report->datatype_name) : 0,
		 report->constraint_name != nullptr ? err_generic_string(PG_DIAG_CONSTRAINT_NAME, report->constraint_name) : 0,
		 report->hide_statement ? errhidestmt(true) : 0));
	pg_unreachable();
}

std::optional<Error>
Subtransaction(const std::function<void()> &body)
{
	MemoryContext const context = CurrentMemoryContext;
	ResourceOwner const owner = CurrentResourceOwner;
	Call(BeginInternalSubTransaction, static_cast<const char *>(nullptr));
	MemoryContextSwitchTo(context);
	std::optional<Error> failure;
	try {
		body();
		Call(ReleaseCurrentSubTransaction);
	} catch (const Error &error) {
		failure = error;
	} catch (const std::bad_alloc &) {
		failure = Error(sqlstate::kOutOfMemory, "out of memory");
	} catch (const std::exception &error) {
		failure = Error(sqlstate::kInternalError, error.what());
	}
	if (failure) {
		Call(RollbackAndReleaseCurrentSubTransaction);
	}
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (failure) {
		int const state = failure->State();
		if (state == sqlstate::kQueryCanceled || state == sqlstate::kAdminShutdown ||
			state == sqlstate::kCrashShutdown) {
			throw *failure;
		}
	}
	return failure;
}

} // namespace sluice::pg
