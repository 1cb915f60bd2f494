// A data source that somebody says is back.
#pragma once

#include <optional>
#include <string>

#include "pg/prelude.hpp"

namespace sluice::catalog {

// What waits for this source waits no longer, where the role has the rights of the owner: its failures are forgotten,
// and retries after one that could not reach it are due now. How many queued runs that lets start; nothing when the
// source is not known to have failed. What others hold locked is passed over.
std::optional<int> RetrySource(const std::string &source, Oid role);

} // namespace sluice::catalog
