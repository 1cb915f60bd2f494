// Waiting for runs: bounded naps, looking again after each, interruptible throughout.
#pragma once

#include <optional>
#include <string>

#include "catalog/run_store.hpp"
#include "core/error.hpp"
#include "core/steady_clock.hpp"
#include "pg/prelude.hpp"

namespace sluice::api {

// Until some run has ended, for a second at the most.
void WaitAWhile();

// 55000: waiting for a run that this very transaction has triggered would never end.
Error StartsAfterCommit(const catalog::RunRow &run);

// What trigger_and_wait raises: SL012 for a run that did not succeed, with all that the run itself said.
Error DidNotSucceed(const std::string &root_run);
// SL013 for one that goes on.
Error NotOver(const std::string &root_run, int64_t milliseconds);

class Deadline {
public:
	// Nothing: never.
	explicit Deadline(std::optional<int64_t> milliseconds);
	// False when it has passed.
	bool WaitAWhile() const;

private:
	std::optional<SteadyTime> at_;
};

} // namespace sluice::api
