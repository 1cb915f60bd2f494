// The border in both directions (border rules B3 to B9).
//
// Call:  C++ calls PostgreSQL. One C function pointer, plain data in and out, so that nothing with a
//        destructor can stand between the sigsetjmp and the longjmp. A PostgreSQL error becomes an
//        Error exception that keeps every field.
// Entry: PostgreSQL calls C++. Catches everything; raises after the catch clause has ended.
//
// PG_TRY and sigsetjmp appear in this pair of files only.
#pragma once

#include "core/error.hpp"
#include "pg/prelude.hpp"

namespace sluice::pg {

[[noreturn]] void ThrowCaughtError(MemoryContext saved_context);

template <typename R, typename... P, typename... A>
R
Call(R (*function)(P...), A... args)
{
	static_assert((std::is_trivially_copyable_v<A> && ...), "only plain data may cross into PostgreSQL");
	static_assert(std::is_void_v<R> || std::is_trivially_copyable_v<R>, "only plain data may come back");
	sigjmp_buf *const saved_stack = PG_exception_stack;
	ErrorContextCallback *const saved_callbacks = error_context_stack;
	MemoryContext const saved_context = CurrentMemoryContext;
	sigjmp_buf here;
	// The mask is not saved: 5 ns instead of 150 ns, and PG_TRY does not save it either.
	if (sigsetjmp(here, 0) == 0) {
		PG_exception_stack = &here;
		if constexpr (std::is_void_v<R>) {
			function(args...);
			PG_exception_stack = saved_stack;
			error_context_stack = saved_callbacks;
			return;
		} else {
			R result = function(args...);
			PG_exception_stack = saved_stack;
			error_context_stack = saved_callbacks;
			return result;
		}
	}
	PG_exception_stack = saved_stack;
	error_context_stack = saved_callbacks;
	ThrowCaughtError(saved_context);
}

// For destructors and cleanup: a failure becomes a WARNING and false (border rule B11).
void WarnAbout(const Error &error) noexcept;

template <typename... P, typename... A>
bool
CallNoThrow(void (*function)(P...), A... args) noexcept
{
	try {
		Call(function, args...);
		return true;
	} catch (const Error &error) {
		WarnAbout(error);
	} catch (...) {
	}
	return false;
}

// What is left of an exception once its catch clause has ended: plain C strings from palloc.
struct Report {
	int sqlstate;
	const char *message;
	const char *detail;
	const char *detail_log;
	const char *hint;
	const char *context;
	const char *schema_name;
	const char *table_name;
	const char *column_name;
	const char *datatype_name;
	const char *constraint_name;
	const char *internal_query;
	const char *source_file;
	const char *source_function;
	int source_line;
	int cursor_position;
	int internal_position;
	bool from_postgres;
	bool to_server_log;
	bool to_client;
	bool hide_statement;
};

// Describes the exception in flight; call inside catch (...). Never throws, never raises.
void Describe(Report *report) noexcept;
// Raises it as an ERROR. Call with no exception in flight.
[[noreturn]] void Raise(const Report *report);

template <typename F>
auto
Entry(F body) -> decltype(body())
{
	Report report;
	try {
		return body();
	} catch (...) {
		Describe(&report);
	}
	Raise(&report);
}

// As Entry, for the main function of a background worker: there is nobody above to raise to, so the
// error is logged and false returned.
template <typename F>
bool
EntryOrLog(F body) noexcept
{
	try {
		body();
		return true;
	} catch (const Error &error) {
		WarnAbout(error);
	} catch (...) {
	}
	return false;
}

// Runs body in an internal subtransaction; returns the error that rolled it back, or nothing.
// A cancel or a shutdown is never swallowed: it is rolled back and thrown on (border rule B10).
std::optional<Error> Subtransaction(const std::function<void()> &body);

} // namespace sluice::pg

// Defines an SQL-callable function. The body is C++ and may throw.
#define SLUICE_FUNCTION(name)                                                                                          \
	extern "C" SLUICE_EXPORT Datum name(PG_FUNCTION_ARGS);                                                             \
	extern "C" {                                                                                                       \
	SLUICE_EXPORT const Pg_finfo_record *pg_finfo_##name(void);                                                        \
	SLUICE_EXPORT const Pg_finfo_record *pg_finfo_##name(void)                                                         \
	{                                                                                                                  \
		static const Pg_finfo_record record = {1};                                                                     \
		return &record;                                                                                                \
	}                                                                                                                  \
	}                                                                                                                  \
	static Datum name##_body(FunctionCallInfo fcinfo);                                                                 \
	extern "C" Datum name(PG_FUNCTION_ARGS)                                                                            \
	{                                                                                                                  \
		return sluice::pg::Entry([fcinfo] { return name##_body(fcinfo); });                                            \
	}                                                                                                                  \
	static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
