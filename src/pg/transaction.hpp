// Transactions of a background worker's main loop, and of others.
#pragma once

#include <functional>
#include <string>

#include "pg/guard.hpp"

namespace sluice::pg {

// Starts a transaction with an active snapshot, runs body, commits. On an error the transaction is
// aborted and the error thrown on. Only for a worker outside any transaction.
void InTransaction(const std::function<void()> &body);
// The same without an active snapshot, for what may end the transaction and begin others: VACUUM, a procedure.
void InTransactionsOfItsOwn(const std::function<void()> &body);

// Between the instant from which a commit is seen and its transaction's end lie the messages by which others learn of
// new tables. Waits for that end, soon after the commit, and hears them.
void AwaitEndOf(TransactionId transaction);

} // namespace sluice::pg
