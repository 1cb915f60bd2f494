#include "pg/remote_wait.hpp"

#include "pg/link_wait.hpp"
#include "pg/remote_text.hpp"
#include "pg/socket_bytes.hpp"

namespace sluice::pg::leaf {

namespace {

constexpr int64 kAnswerLimit = 32 * 1024 * 1024;
// No row of PostgreSQL is longer than 1 GB.
constexpr int64 kRowLimit = 1200LL * 1024 * 1024;

// Next result without blocking in libpq; nullptr at the end of the command.
PGresult *
NextResult(Remote *remote, SteadyTime end, int64 read_before)
{
	while (PQisBusy(remote->conn) != 0) {
		WaitUntil(remote, WL_SOCKET_READABLE, end);
		Consume(remote);
		if (BytesReadFrom(PQsocket(remote->conn)) - read_before > kAnswerLimit) {
			RaiseTooMuch(remote, kAnswerLimit);
		}
	}
	return PQgetResult(remote->conn);
}

} // namespace

bool
WaitSocket(Remote *remote, int events, int timeout_ms)
{
	int const happened = WaitForServer(PQsocket(remote->conn), events, timeout_ms, remote->is_destination);
	return (happened & WL_TIMEOUT) == 0;
}

SteadyTime
SilenceEnd(const Remote *remote)
{
	return remote->idle_timeout_ms > 0 ? SteadyIn(remote->idle_timeout_ms) : 0;
}

void
WaitUntil(Remote *remote, int events, SteadyTime end)
{
	int const timeout = end != 0 ? MillisecondsUntil(end) : -1;
	if (timeout == 0) {
		RaiseSilent(remote->server, remote->idle_timeout_ms, remote->is_destination);
	}
	(void)WaitSocket(remote, events, timeout);
}

void
WaitForRow(Remote *remote, RowWait *wait)
{
	int64 const read = BytesReadFrom(PQsocket(remote->conn));
	if (!wait->begun) {
		*wait = {true, SilenceEnd(remote), read, read};
	}
	if (read - wait->read_first > kRowLimit) {
		RaiseTooMuch(remote, kRowLimit);
	}
	if (wait->end != 0 && MillisecondsUntil(wait->end) <= 0) {
		int64 const seconds = remote->idle_timeout_ms / 1000;
		if (read == wait->read_before) {
			RaiseSilent(remote->server, remote->idle_timeout_ms, remote->is_destination);
		}
		if (read - wait->read_before < seconds * remote->min_rate) {
			ereport(ERROR, (errcode(MAKE_SQLSTATE('S', 'L', '0', '0', '5')),
							errmsg("server \"%s\" sent no whole row for %lld seconds, and less than %d bytes a second",
								   remote->server, static_cast<long long>(seconds), remote->min_rate),
							errhint("Look at what the %s is doing, or raise the option source_idle_timeout or lower "
									"source_min_rate.",
									What(remote->is_destination))));
		}
		wait->end = SilenceEnd(remote);
		wait->read_before = read;
	}
	// Without a count of bytes anything that comes is progress.
	if (WaitSocket(remote, WL_SOCKET_READABLE, wait->end != 0 ? MillisecondsUntil(wait->end) : -1) && read < 0) {
		wait->end = SilenceEnd(remote);
	}
}

void
Consume(Remote *remote)
{
	if (PQconsumeInput(remote->conn) == 0) {
		RaiseLost(remote);
	}
	for (PGnotify *notify = PQnotifies(remote->conn); notify != nullptr; notify = PQnotifies(remote->conn)) {
		PQfreemem(notify);
	}
}

void
DropResult(Remote *remote)
{
	if (remote->result != nullptr) {
		PQclear(remote->result);
		remote->result = nullptr;
	}
}

void
Flush(Remote *remote, void (*hear)(Remote *remote))
{
	SteadyTime const end = SilenceEnd(remote);
	for (;;) {
		int const left = PQflush(remote->conn);
		if (left < 0) {
			RaiseLost(remote);
		}
		if (left == 0) {
			return;
		}
		WaitUntil(remote, WL_SOCKET_WRITEABLE | WL_SOCKET_READABLE, end);
		hear(remote);
	}
}

void
Collect(Remote *remote)
{
	SteadyTime const end = SilenceEnd(remote);
	int64 const read_before = BytesReadFrom(PQsocket(remote->conn));
	for (;;) {
		PGresult *result = NextResult(remote, end, read_before);
		if (result == nullptr) {
			break;
		}
		if (remote->result != nullptr && PQresultStatus(remote->result) == PGRES_FATAL_ERROR) {
			PQclear(result);
			continue;
		}
		DropResult(remote);
		remote->result = result;
		ExecStatusType const status = PQresultStatus(result);
		if (status == PGRES_COPY_OUT || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
			break;
		}
		if (PQstatus(remote->conn) == CONNECTION_BAD) {
			break;
		}
	}
	if (remote->result == nullptr) {
		RaiseLost(remote);
	}
}

void
RaiseTooMuch(const Remote *remote, int64 limit)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("server \"%s\" sent more than %lld kB in place of an answer", remote->server,
						   static_cast<long long>(limit / 1024)),
					errhint("Look at what the server is.")));
}

void
RaiseLost(Remote *remote)
{
	ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE), errmsg("connection to server \"%s\" was lost", remote->server),
					errdetail_internal("%s", pchomp(CleanedText(PQerrorMessage(remote->conn)))),
					errhint("Check that the %s is up, then run the pipeline again.", What(remote->is_destination))));
}

void
RaiseResult(Remote *remote)
{
	PGresult *result = remote->result;
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	const char *context = remote->is_destination ? PQresultErrorField(result, PG_DIAG_CONTEXT) : nullptr;
	if (state == nullptr || strlen(state) != 5 || message == nullptr) {
		RaiseLost(remote);
	}
	ereport(ERROR, (errcode(OutsideState(state)), errmsg_internal("%s", CleanedText(message)),
					detail != nullptr ? errdetail_internal("%s", CleanedText(detail)) : 0,
					hint != nullptr ? errhint("%s", CleanedText(hint)) : 0,
					context != nullptr ? errcontext_msg("%s", CleanedText(context)) : 0,
					errcontext_msg("at server \"%s\"", remote->server)));
}

} // namespace sluice::pg::leaf
