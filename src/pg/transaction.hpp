// Transactions of a background worker's main loop, and what every run pins.
#pragma once

#include <functional>
#include <string>

#include "pg/guard.hpp"

namespace sluice::pg {

// Starts a transaction with an active snapshot, runs body, commits. On an error the transaction is
// aborted and the error thrown on. Only for a worker outside any transaction.
void InTransaction(const std::function<void()> &body);

} // namespace sluice::pg
