#include "pg/leaving_leaf.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <poll.h>

namespace sluice::pg::leaf {

namespace {

// A signal between the look and the wait is seen so much later.
constexpr int64 kSliceMs = 100;

} // namespace

int64
MonotonicMs() noexcept
{
	timespec now{};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<int64>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

bool
IsAskedAgain() noexcept
{
	return QueryCancelPending != 0 || ProcDiePending != 0;
}

bool
WaitWhileLeaving(int socket, short events, int64 deadline) noexcept
{
	for (;;) {
		int64 const left = deadline - MonotonicMs();
		if (left <= 0 || IsAskedAgain()) {
			return false;
		}
		pollfd waited{socket, events, 0};
		int const ready = poll(&waited, 1, static_cast<int>(std::min(left, kSliceMs)));
		if (ready > 0) {
			return true;
		}
		if (ready < 0 && errno != EINTR) {
			return false;
		}
	}
}

} // namespace sluice::pg::leaf
