#include "pg/transaction.hpp"

extern "C" {
#include "storage/lmgr.h"
#include "utils/inval.h"
}

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

// A transaction's locks go last.
void
WaitForLocksOf(TransactionId transaction)
{
	if (TransactionIdIsNormal(transaction) && !TransactionIdIsCurrentTransactionId(transaction)) {
		XactLockTableWait(transaction, nullptr, nullptr, XLTW_None);
		AcceptInvalidationMessages();
	}
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

void
AwaitEndOf(TransactionId transaction)
{
	Call(WaitForLocksOf, transaction);
}

} // namespace sluice::pg
