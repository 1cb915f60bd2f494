#include "pg/transaction.hpp"

extern "C" {
#include "storage/lmgr.h"
#include "utils/inval.h"
}

namespace sluice::pg {

namespace {

void
BeginWithoutSnapshot()
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
}

void
CommitWithoutSnapshot()
{
	CommitTransactionCommand();
	pgstat_report_stat(true);
}

void
Begin()
{
	BeginWithoutSnapshot();
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
Commit()
{
	PopActiveSnapshot();
	CommitWithoutSnapshot();
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

void
Between(void (*begin)(), const std::function<void()> &body, void (*commit)())
{
	MemoryContext const outer = CurrentMemoryContext;
	std::exception_ptr failure;
	try {
		Call(begin);
		body();
		Call(commit);
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

} // namespace

void
InTransaction(const std::function<void()> &body)
{
	Between(Begin, body, Commit);
}

void
InTransactionsOfItsOwn(const std::function<void()> &body)
{
	Between(BeginWithoutSnapshot, body, CommitWithoutSnapshot);
}

void
AwaitEndOf(TransactionId transaction)
{
	Call(WaitForLocksOf, transaction);
}

} // namespace sluice::pg
