#include "pg/remote_cancel.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pg/leaving.hpp"

namespace sluice::pg::leaf {

#ifdef LIBPQ_HAS_ASYNC_CANCEL

void
SendCancelRequest(PGconn *conn, int timeout_ms)
{
	SteadyTime const deadline = SteadyIn(timeout_ms);
	PGcancelConn *cancel = PQcancelCreate(conn);
	if (cancel == nullptr) {
		return;
	}
	if (PQcancelStart(cancel) != 0) {
		PostgresPollingStatusType status = PGRES_POLLING_WRITING;
		while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
			if (!WaitWhileLeaving(PQcancelSocket(cancel), status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
								  deadline)) {
				break;
			}
			status = PQcancelPoll(cancel);
		}
	}
	PQcancelFinish(cancel);
}

#else

namespace {

// libpq before 17 has only PQcancel, which blocks without limit when the source's host hangs. The
// request is 16 bytes of the documented protocol; the address and key come from the start of PGcancel,
// whose layout has not changed in these versions and is checked against PQbackendPID before use.
struct CancelAddress {
	sockaddr_storage address;
	socklen_t length;
};

struct CancelStart {
	CancelAddress peer;
	int backend_pid;
	int key;
};

struct CancelPacket {
	uint32 length;
	uint32 code;
	uint32 backend_pid;
	uint32 key;
};

constexpr uint32 kCancelRequestCode = (1234U << 16) | 5678U;

void
SendPacket(const CancelStart *start, SteadyTime deadline)
{
	int const fd = socket(start->peer.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return;
	}
	int const connected = connect(fd, reinterpret_cast<const sockaddr *>(&start->peer.address), start->peer.length);
	if ((connected == 0 || errno == EINPROGRESS || errno == EAGAIN) && WaitWhileLeaving(fd, POLLOUT, deadline)) {
		CancelPacket const packet{htonl(sizeof(CancelPacket)), htonl(kCancelRequestCode),
								  htonl(static_cast<uint32>(start->backend_pid)),
								  htonl(static_cast<uint32>(start->key))};
		if (send(fd, &packet, sizeof(packet), MSG_NOSIGNAL) == sizeof(packet)) {
			// The server closes once it has signalled the backend.
			char byte = 0;
			while (WaitWhileLeaving(fd, POLLIN, deadline) && recv(fd, &byte, 1, 0) > 0) {
			}
		}
	}
	close(fd);
}

} // namespace

void
SendCancelRequest(PGconn *conn, int timeout_ms)
{
	if (PQlibVersion() >= 180000) {
		return; // another layout: closing the connection has to do
	}
	PGcancel *cancel = PQgetCancel(conn);
	if (cancel == nullptr) {
		return;
	}
	CancelStart start{};
	memcpy(&start, cancel, sizeof(start));
	PQfreeCancel(cancel);
	if (start.backend_pid == PQbackendPID(conn) && start.peer.length <= sizeof(start.peer.address)) {
		SendPacket(&start, SteadyIn(timeout_ms));
	}
}

#endif

} // namespace sluice::pg::leaf
