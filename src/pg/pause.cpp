#include "pg/pause.hpp"

#include "pg/compat.hpp"

namespace sluice::pg::leaf {

void
PauseQuietly(long milliseconds, const char *wait_event)
{
	(void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
					compat::WaitEvent(wait_event));
	ResetLatch(MyLatch);
}

void
Pause(long milliseconds, const char *wait_event)
{
	PauseQuietly(milliseconds, wait_event);
	CHECK_FOR_INTERRUPTS();
}

} // namespace sluice::pg::leaf
