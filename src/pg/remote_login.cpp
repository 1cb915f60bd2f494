#include "pg/remote_login.hpp"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

// Of the OpenSSL that libpq itself uses; absent where it was built without.
extern "C" int SSL_peek(void *ssl, void *buffer, int length) __attribute__((weak));

namespace sluice::pg::leaf {

int max_scram_iterations = 100000;

namespace {

constexpr int kHeader = 5;
// libpq takes no longer ones before the session stands.
constexpr int kLongestRequest = 2000;
constexpr int kLongestError = 30000;
constexpr int kLooked = kLongestError + 1024;

uint32
Number(const char *data)
{
	const auto *bytes = reinterpret_cast<const unsigned char *>(data);
	return static_cast<uint32>(bytes[0]) << 24 | static_cast<uint32>(bytes[1]) << 16 |
		   static_cast<uint32>(bytes[2]) << 8 | bytes[3];
}

[[noreturn]] void
RaiseOutOfTurn(const Remote *remote)
{
	ereport(ERROR, (errcode(ERRCODE_PROTOCOL_VIOLATION),
					errmsg("server \"%s\" said something out of turn while it was logged in to", remote->server),
					errhint("Look at what listens there: it may be no PostgreSQL server.")));
}

// "r=...,s=...,i=4096": what libpq would refuse by itself is left to it.
void
CheckIterations(const Remote *remote, const char *text, const char *end)
{
	for (int attribute = 0; attribute < 2; ++attribute) {
		const auto *comma = static_cast<const char *>(memchr(text, ',', static_cast<size_t>(end - text)));
		if (comma == nullptr) {
			return;
		}
		text = comma + 1;
	}
	if (end - text < 3 || text[0] != 'i' || text[1] != '=') {
		return;
	}
	int64 iterations = 0;
	for (text += 2; text < end && *text >= '0' && *text <= '9' && iterations <= PG_INT32_MAX; ++text) {
		iterations = iterations * 10 + (*text - '0');
	}
	if (text < end && *text != ',' && iterations <= PG_INT32_MAX) {
		RaiseOutOfTurn(remote);
	}
	if (iterations > max_scram_iterations) {
		ereport(ERROR, (errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
						errmsg("server \"%s\" asks to hash the password more than %d times", remote->server,
							   max_scram_iterations),
						errhint("If it is the server that you mean, a superuser can raise "
								"pg_sluice.max_scram_iterations.")));
	}
}

// An error, which ends the login. Very early ones have no length: text up to a zero byte.
bool
IsWholeError(const char *data, int length)
{
	uint32 const told = length >= kHeader ? Number(data + 1) : 0;
	if (told >= 8 && told <= kLongestError) {
		return length >= static_cast<int>(told) + 1;
	}
	return length == kLooked || memchr(data, '\0', static_cast<size_t>(length)) != nullptr;
}

} // namespace

bool
MayReadLogin(Remote *remote)
{
	// Under GSSAPI the server has been told from others by its key.
	if (PQstatus(remote->conn) != CONNECTION_AWAITING_RESPONSE || PQgssEncInUse(remote->conn) != 0) {
		return true;
	}
	if (remote->login_failed) {
		RaiseOutOfTurn(remote);
	}
	static char data[kLooked];
	int length = 0;
	// Asked before the look: what is seen then is all that ever comes.
	pollfd ended{PQsocket(remote->conn), POLLRDHUP, 0};
	bool const is_all = poll(&ended, 1, 0) > 0;
	bool const encrypted = PQsslInUse(remote->conn) != 0;
	if (encrypted) {
		void *ssl = PQsslStruct(remote->conn, "OpenSSL");
		if (ssl == nullptr || SSL_peek == nullptr) {
			return true;
		}
		length = SSL_peek(ssl, data, sizeof(data));
	} else {
		length = static_cast<int>(recv(PQsocket(remote->conn), data, sizeof(data), MSG_PEEK | MSG_DONTWAIT));
		if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
			return false;
		}
	}
	if (length <= 0) {
		return true; // gone: libpq says how. Under TLS also a part of a record, of which libpq gets no more than we.
	}
	for (int at = 0; at < length;) {
		const char *const message = data + at;
		int const left = length - at;
		if (*message == 'E') {
			remote->login_failed = IsWholeError(message, left);
			return remote->login_failed || is_all;
		}
		if (*message != 'R' && *message != 'v') {
			RaiseOutOfTurn(remote);
		}
		if (left < kHeader + 4) {
			return is_all;
		}
		uint32 const told = Number(message + 1);
		if (told < 8 || told > kLongestRequest) {
			RaiseOutOfTurn(remote);
		}
		int const whole = static_cast<int>(told) + 1;
		if (left < whole) {
			// A record of TLS is looked at alone, and a server sends such a message in one.
			if (encrypted) {
				RaiseOutOfTurn(remote);
			}
			return is_all;
		}
		uint32 const request = Number(message + kHeader);
		if (*message == 'R' && request == AUTH_REQ_OK) {
			return true;
		}
		if (*message == 'R' && request > AUTH_REQ_SASL_FIN) {
			RaiseOutOfTurn(remote);
		}
		if (*message == 'R' && request == AUTH_REQ_SASL_CONT) {
			CheckIterations(remote, message + kHeader + 4, message + whole);
		}
		at += whole;
		// After a question the server has to wait for the answer.
		if (*message == 'R' && request != AUTH_REQ_SASL_FIN && at < length) {
			RaiseOutOfTurn(remote);
		}
	}
	return true;
}

} // namespace sluice::pg::leaf
