#include "pg/leaving.hpp"

#include <algorithm>
#include <cerrno>

#include <poll.h>

namespace sluice::pg::leaf {

namespace {

// A signal between the look and the wait is seen so much later.
constexpr int kSliceMs = 100;

} // namespace

bool
IsAskedAgain() noexcept
{
	return QueryCancelPending != 0 || ProcDiePending != 0;
}

bool
WaitWhileLeaving(int socket, short events, SteadyTime deadline) noexcept
{
	for (;;) {
		int const left = MillisecondsUntil(deadline);
		if (left == 0 || IsAskedAgain()) {
			return false;
		}
		pollfd waited{socket, events, 0};
		int const ready = poll(&waited, 1, std::min(left, kSliceMs));
		if (ready > 0) {
			return true;
		}
		if (ready < 0 && errno != EINTR) {
			return false;
		}
	}
}

} // namespace sluice::pg::leaf
