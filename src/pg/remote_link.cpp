#include "pg/remote_link.hpp"

#include "core/steady_clock.hpp"
#include "pg/compat.hpp"
#include "pg/link_wait.hpp"
#include "pg/remote_cancel.hpp"
#include "pg/remote_login.hpp"
#include "pg/remote_text.hpp"
#include "pg/remote_wait.hpp"
#include "pg/socket_bytes.hpp"

namespace sluice::pg::leaf {

namespace {

constexpr int kCancelTimeoutMs = 2000;
// A reader that waits for the next bytes is woken for each few kB that the source sends, at the source's cost. Left
// alone for this long the source fills the buffers of the network, which hold a few times as much. Those of a Unix
// socket do not.
constexpr long kStrideMicroseconds = 500;
// Until the session stands, chains of certificates included.
constexpr int64 kLoginLimit = 256 * 1024;
constexpr long kPauseMicroseconds = 10000;

void
CancelAtExit(OpenLink *open)
{
	RemoteCancel(reinterpret_cast<Remote *>(open), kCancelTimeoutMs);
}

void
DiscardNotice(void * /*arg*/, const char * /*message*/)
{}

void
DropRow(Remote *remote)
{
	if (remote->copy_row != nullptr) {
		PQfreemem(remote->copy_row);
		remote->copy_row = nullptr;
	}
}

bool
IsStateCharacter(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

// The end of a line such as "LOCATION:  auth_failed, auth.c:321".
bool
NamesSourceLine(const char *line, size_t length)
{
	size_t digits = 0;
	while (digits < length && line[length - 1 - digits] >= '0' && line[length - 1 - digits] <= '9') {
		++digits;
	}
	return digits > 0 && length >= digits + 3 && strncmp(line + length - digits - 3, ".c:", 3) == 0;
}

// Before a connection stands libpq tells the SQLSTATE of a refusal only within a verbose message: "FATAL:  28P01:
// password authentication failed". Takes it out, and where in the server's source it was raised; 0: no server spoke.
int
TakeState(char *message)
{
	int state = 0;
	char *to = message;
	for (const char *line = message; *line != '\0';) {
		size_t const length = strcspn(line, "\n");
		const char *const next = line[length] == '\n' ? line + length + 1 : line + length;
		if (!NamesSourceLine(line, length)) {
			const char *colon = strstr(line, ":  ");
			for (; colon != nullptr && colon + 10 <= line + length; colon = strstr(colon + 1, ":  ")) {
				const char *const code = colon + 3;
				if (IsStateCharacter(code[0]) && IsStateCharacter(code[1]) && IsStateCharacter(code[2]) &&
					IsStateCharacter(code[3]) && IsStateCharacter(code[4]) && code[5] == ':' && code[6] == ' ') {
					char const text[6] = {code[0], code[1], code[2], code[3], code[4], '\0'};
					state = OutsideState(text);
					memmove(to, line, static_cast<size_t>(code - line));
					to += code - line;
					line = code + 7;
					break;
				}
			}
			memmove(to, line, static_cast<size_t>(next - line));
			to += next - line;
		}
		line = next;
	}
	*to = '\0';
	return state;
}

void
CheckSent(Remote *remote, int sent)
{
	if (sent == 0) {
		RaiseLost(remote);
	}
	Flush(remote);
}

} // namespace

void
RemoteConnect(Remote *remote, const char *const *keywords, const char *const *values, int timeout_ms)
{
	AddOpenLink(&remote->open, remote->server, CancelAtExit);
	remote->conn = PQconnectStartParams(keywords, values, 0);
	if (remote->conn == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	PQsetNoticeProcessor(remote->conn, DiscardNotice, nullptr);
	(void)PQsetErrorVerbosity(remote->conn, PQERRORS_VERBOSE);

	// It may come from a file or the environment, and there is one for each host.
	const char *password = PQpass(remote->conn);
	KeepSecret(password);
	SteadyTime const deadline = SteadyIn(timeout_ms);
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	while (PQstatus(remote->conn) != CONNECTION_BAD && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
		int const timeout = MillisecondsUntil(deadline);
		if (timeout <= 0) {
			RaiseNotReached(remote->server, timeout_ms, remote->is_destination);
		}
		bool const reading = status == PGRES_POLLING_READING;
		if (!WaitSocket(remote, reading ? WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE, timeout)) {
			continue;
		}
		if (BytesReadFrom(PQsocket(remote->conn)) > kLoginLimit) {
			RaiseTooMuch(remote, kLoginLimit);
		}
		if (reading && !MayReadLogin(remote)) {
			pg_usleep(kPauseMicroseconds); // the socket would say at once that it can be read
			continue;
		}
		status = PQconnectPoll(remote->conn);
		if (PQpass(remote->conn) != password) {
			password = PQpass(remote->conn);
			KeepSecret(password);
		}
	}
	if (PQstatus(remote->conn) != CONNECTION_OK) {
		char *const message = pchomp(PQerrorMessage(remote->conn));
		int const state = TakeState(message);
		ereport(ERROR, (errcode(state != 0 ? state : ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to server \"%s\"", remote->server),
						errdetail_internal("%s", CleanedText(pchomp(message))),
						errhint("Check that the %s is up, the options of the server and the user mapping.",
								What(remote->is_destination))));
	}
	(void)PQsetErrorVerbosity(remote->conn, PQERRORS_DEFAULT);
	const char *const host = PQhost(remote->conn);
	remote->over_tcp = host != nullptr && host[0] != '/' && host[0] != '@';
	// From here on libpq returns to us instead of waiting by itself, PQfinish included.
	if (PQsetnonblocking(remote->conn, 1) != 0) {
		RaiseLost(remote);
	}
}

void
RemoteExec(Remote *remote, const char *statement, int parameter_count, const char *const *parameters)
{
	DropResult(remote);
	CheckSent(remote,
			  PQsendQueryParams(remote->conn, statement, parameter_count, nullptr, parameters, nullptr, nullptr, 0));
	Collect(remote);
	ExecStatusType const status = PQresultStatus(remote->result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		RaiseResult(remote);
	}
}

void
RemoteExecScript(Remote *remote, const char *statements)
{
	DropResult(remote);
	CheckSent(remote, PQsendQuery(remote->conn, statements));
	Collect(remote);
	ExecStatusType const status = PQresultStatus(remote->result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		RaiseResult(remote);
	}
}

void
RemoteDescribe(Remote *remote, const char *statement)
{
	DropResult(remote);
	CheckSent(remote, PQsendPrepare(remote->conn, "", statement, 0, nullptr));
	Collect(remote);
	if (PQresultStatus(remote->result) != PGRES_COMMAND_OK) {
		RaiseResult(remote);
	}
	DropResult(remote);
	CheckSent(remote, PQsendDescribePrepared(remote->conn, ""));
	Collect(remote);
	if (PQresultStatus(remote->result) != PGRES_COMMAND_OK) {
		RaiseResult(remote);
	}
}

void
RemoteCopyOut(Remote *remote, const char *statement)
{
	DropResult(remote);
	CheckSent(remote, PQsendQuery(remote->conn, statement));
	Collect(remote);
	if (PQresultStatus(remote->result) != PGRES_COPY_OUT) {
		RaiseResult(remote);
	}
}

int
RemoteCopyRow(Remote *remote)
{
	DropRow(remote);
	RowWait wait{};
	for (int look = 0;; ++look) {
		// Rows that are already here are taken first: libpq moves everything outstanding at each read.
		int const length = PQgetCopyData(remote->conn, &remote->copy_row, 1);
		if (length > 0) {
			return length;
		}
		if (length < 0) {
			Collect(remote);
			if (PQresultStatus(remote->result) != PGRES_COMMAND_OK) {
				RaiseResult(remote);
			}
			return -1;
		}
		// More may have come than libpq's buffer could take.
		if (look == 1 && remote->over_tcp) {
			pg_usleep(kStrideMicroseconds);
			CHECK_FOR_INTERRUPTS();
		} else if (look > 0) {
			WaitForRow(remote, &wait);
		}
		Consume(remote);
	}
}

void
RemoteCancel(Remote *remote, int timeout_ms)
{
	if (remote->conn == nullptr || PQtransactionStatus(remote->conn) != PQTRANS_ACTIVE) {
		return;
	}
	SendCancelRequest(remote->conn, timeout_ms);
}

void
RemoteClose(Remote *remote)
{
	if (remote->conn != nullptr) {
		RemoteCancel(remote, kCancelTimeoutMs);
	}
	DropRow(remote);
	DropResult(remote);
	if (remote->conn != nullptr) {
		PQfinish(remote->conn);
		remote->conn = nullptr;
	}
	ForgetOpenLink(&remote->open);
}

} // namespace sluice::pg::leaf
