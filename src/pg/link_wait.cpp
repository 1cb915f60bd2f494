#include "pg/link_wait.hpp"

#include "pg/compat.hpp"

namespace sluice::pg::leaf {

int
WaitForServer(int socket, int events, int timeout_ms, bool is_destination)
{
	static uint32 wait_events[2];
	uint32 &wait_event = wait_events[is_destination ? 1 : 0];
	if (wait_event == 0) {
		wait_event = compat::WaitEvent(is_destination ? "SluiceDestination" : "SluiceSource");
	}
	int const flags = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | events | (timeout_ms >= 0 ? WL_TIMEOUT : 0);
	int const happened = WaitLatchOrSocket(MyLatch, flags, socket, timeout_ms, wait_event);
	if ((happened & WL_LATCH_SET) != 0) {
		ResetLatch(MyLatch);
	}
	CHECK_FOR_INTERRUPTS();
	return happened;
}

void
RaiseNotReached(const char *server, int connect_ms, bool is_destination)
{
	ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					errmsg("could not connect to server \"%s\" within %d seconds", server, connect_ms / 1000),
					errhint("Check that the %s answers, or raise the option connect_timeout.", What(is_destination))));
}

void
RaiseSilent(const char *server, int idle_ms, bool is_destination)
{
	ereport(ERROR,
			(errcode(MAKE_SQLSTATE('S', 'L', '0', '0', '5')),
			 errmsg("server \"%s\" sent nothing for %d seconds", server, idle_ms / 1000),
			 errhint("Look at what the %s is doing, or raise the option source_idle_timeout.", What(is_destination))));
}

} // namespace sluice::pg::leaf
