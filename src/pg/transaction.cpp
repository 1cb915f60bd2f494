#include "pg/transaction.hpp"

namespace sluice::pg {

namespace {

void
Begin()
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
Commit()
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(true);
}

void
Abort()
{
	AbortCurrentTransaction();
	pgstat_report_stat(true);
}

} // namespace

void
InTransaction(const std::function<void()> &body)
{
	MemoryContext const outer = CurrentMemoryContext;
	std::exception_ptr failure;
	try {
		Call(Begin);
		body();
		Call(Commit);
	} catch (...) {
		failure = std::current_exception();
	}
	if (failure) {
		Call(Abort);
	}
	// Begin and Commit leave us in a context of the transaction or in TopMemoryContext.
	MemoryContextSwitchTo(outer);
	if (failure) {
		std::rethrow_exception(failure);
	}
}

} // namespace sluice::pg
