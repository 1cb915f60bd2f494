#include "api/waiting.hpp"

#include "api/arguments.hpp"
#include "core/sqlstate.hpp"
#include "core/steady_clock.hpp"
#include "worker/control.hpp"

namespace sluice::api {

namespace {

constexpr int64_t kNapMilliseconds = 1000;
constexpr int64_t kMicroseconds = 1000;

void
Nap(int64_t milliseconds)
{
	worker::WaitForRunEnd(static_cast<int>(milliseconds));
	CheckInterrupts();
}

} // namespace

void
WaitAWhile()
{
	Nap(kNapMilliseconds);
}

Error
StartsAfterCommit(const catalog::RunRow &run)
{
	return Error(sqlstate::kObjectNotInPrerequisiteState,
				 Format("run {} was triggered by this transaction and starts only after its COMMIT", run.id),
				 "Commit first, or use CALL trigger_and_wait, which commits and waits.");
}

Deadline::Deadline(std::optional<int64_t> milliseconds)
{
	if (milliseconds) {
		at_ = SteadyNow() + *milliseconds * kMicroseconds;
	}
}

bool
Deadline::WaitAWhile() const
{
	if (!at_) {
		Nap(kNapMilliseconds);
		return true;
	}
	// Rounded up, so that the last nap does not end a moment too early and again.
	int64_t const left = (*at_ - SteadyNow() + kMicroseconds - 1) / kMicroseconds;
	if (left <= 0) {
		return false;
	}
	Nap(std::min(left, kNapMilliseconds));
	return true;
}

} // namespace sluice::api
