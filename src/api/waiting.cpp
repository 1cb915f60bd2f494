#include "api/waiting.hpp"

#include "api/arguments.hpp"
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

Deadline::Deadline(std::optional<int64_t> milliseconds)
{
	if (milliseconds) {
		at_ = GetCurrentTimestamp() + *milliseconds * kMicroseconds;
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
	int64_t const left = (*at_ - GetCurrentTimestamp() + kMicroseconds - 1) / kMicroseconds;
	if (left <= 0) {
		return false;
	}
	Nap(std::min(left, kNapMilliseconds));
	return true;
}

} // namespace sluice::api
