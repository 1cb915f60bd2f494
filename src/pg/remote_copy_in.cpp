#include "pg/remote_copy_in.hpp"

#include <cstdlib>

#include <sys/socket.h>

#include "pg/remote_wait.hpp"

namespace sluice::pg::leaf {

namespace {

// libpq copies what it is given: so much at a time.
constexpr size_t kSlice = 256 * 1024;

// During COPY FROM libpq keeps what the server says until the end. With notices switched off a server says
// nothing then unless the COPY has failed, so bytes on the socket are an error; without encryption they can be
// looked at first. What libpq reads by itself between two looks is found at the end of the COPY.
void
StopIfRefused(Remote *remote)
{
	char first = '\0';
	ssize_t const peeked = recv(PQsocket(remote->conn), &first, 1, MSG_PEEK | MSG_DONTWAIT);
	if (peeked < 0) {
		return;
	}
	bool const readable = PQsslInUse(remote->conn) == 0 && PQgssEncInUse(remote->conn) == 0;
	Consume(remote);
	if (peeked > 0 && readable && first != 'E') {
		return;
	}
	DropResult(remote);
	if (PQputCopyEnd(remote->conn, "the server has refused the rows") < 0) {
		RaiseLost(remote);
	}
	Flush(remote);
	Collect(remote);
	RaiseResult(remote);
}

} // namespace

void
RemoteCopyIn(Remote *remote, const char *statement)
{
	DropResult(remote);
	if (PQsendQuery(remote->conn, statement) == 0) {
		RaiseLost(remote);
	}
	Flush(remote);
	Collect(remote);
	if (PQresultStatus(remote->result) != PGRES_COPY_IN) {
		RaiseResult(remote);
	}
}

void
RemotePutCopy(Remote *remote, const char *data, size_t length)
{
	while (length > 0) {
		size_t const slice = length < kSlice ? length : kSlice;
		StopIfRefused(remote);
		if (PQputCopyData(remote->conn, data, static_cast<int>(slice)) <= 0) {
			RaiseLost(remote);
		}
		Flush(remote, StopIfRefused);
		data += slice;
		length -= slice;
	}
}

int64
RemoteEndCopy(Remote *remote)
{
	StopIfRefused(remote);
	DropResult(remote);
	if (PQputCopyEnd(remote->conn, nullptr) <= 0) {
		RaiseLost(remote);
	}
	Flush(remote);
	Collect(remote);
	if (PQresultStatus(remote->result) != PGRES_COMMAND_OK) {
		RaiseResult(remote);
	}
	return strtoll(PQcmdTuples(remote->result), nullptr, 10);
}

void
RemoteGiveUpCopy(Remote *remote)
{
	if (PQtransactionStatus(remote->conn) != PQTRANS_ACTIVE) {
		return;
	}
	DropResult(remote);
	if (PQputCopyEnd(remote->conn, "the rows were given up") <= 0) {
		RaiseLost(remote);
	}
	Flush(remote);
	Collect(remote);
	DropResult(remote);
}

} // namespace sluice::pg::leaf
