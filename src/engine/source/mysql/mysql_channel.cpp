#include "engine/source/mysql/mysql_channel.hpp"

#include <cerrno>

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/source/mysql/mysql_tls.hpp"
#include "pg/leaving.hpp"
#include "pg/link_wait.hpp"

namespace sluice::engine::leaf {

namespace {

constexpr Size kHeader = 4;
// A packet of this length is followed by another one that belongs to it.
constexpr Size kLongestPacket = 0xFFFFFF;
constexpr Size kLeastProgress = 64 * 1024;
constexpr Size kBuffer = 128 * 1024;
// What a large row leaves is given back.
constexpr Size kLargestKept = 4 * 1024 * 1024;
constexpr int kUserTimeoutMs = 60000;
constexpr const char *kSocketFile = "/run/mysqld/mysqld.sock";

bool
TimeIsOver(MysqlChannel *channel)
{
	if (channel->leaving) {
		return ChannelFails(channel, kMysqlLost, "time is over");
	}
	if (channel->deadline != 0) {
		pg::leaf::RaiseNotReached(channel->server, channel->timeouts.connect_ms, false);
	}
	pg::leaf::RaiseSilent(channel->server, channel->timeouts.idle_ms, false);
}

// Before each read: bytes that keep coming are no reason not to look.
bool
MayGoOn(MysqlChannel *channel)
{
	if (!channel->leaving) {
		CHECK_FOR_INTERRUPTS();
	}
	bool const over = (channel->deadline != 0 && MillisecondsUntil(channel->deadline) <= 0) ||
					  (channel->leaving && pg::leaf::IsAskedAgain());
	return !over || TimeIsOver(channel);
}

bool
WaitToLeave(MysqlChannel *channel, bool for_write)
{
	short const events = for_write ? POLLOUT : POLLIN;
	return pg::leaf::WaitWhileLeaving(channel->socket, events, channel->deadline) || TimeIsOver(channel);
}

// Until the socket is ready.
bool
Wait(MysqlChannel *channel, bool for_write)
{
	if (channel->leaving) {
		return WaitToLeave(channel, for_write);
	}
	if (channel->patience == 0 && channel->timeouts.idle_ms > 0) {
		channel->patience = SteadyIn(channel->timeouts.idle_ms);
		channel->progress = 0;
	}
	SteadyTime const deadline = channel->deadline != 0 ? channel->deadline : channel->patience;
	for (;;) {
		int const left = deadline != 0 ? MillisecondsUntil(deadline) : -1;
		if (left == 0) {
			return TimeIsOver(channel);
		}
		int const event = for_write ? WL_SOCKET_WRITEABLE : WL_SOCKET_READABLE;
		if ((pg::leaf::WaitForServer(channel->socket, event, left, false) & event) != 0) {
			return true;
		}
	}
}

bool
Lost(MysqlChannel *channel)
{
	return ChannelFails(channel, kMysqlLost,
						channel->deadline != 0 ? "Lost connection to server at the handshake"
											   : "Lost connection to server during query");
}

// After a call of OpenSSL's that did not do it: waits for what it needs.
bool
WaitForTls(MysqlChannel *channel, int result)
{
	int const reason = SSL_get_error(channel->tls, result);
	ERR_clear_error();
	if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
		return MayGoOn(channel) && Wait(channel, reason == SSL_ERROR_WANT_WRITE);
	}
	return Lost(channel);
}

// Some bytes, at least one, into the room behind what is there.
bool
Receive(MysqlChannel *channel)
{
	for (;;) {
		if (!MayGoOn(channel)) {
			return false;
		}
		unsigned char *const room = channel->buffer + channel->end;
		auto const length = static_cast<int>(std::min<Size>(channel->size - channel->end, PG_INT32_MAX));
		ssize_t const received =
			channel->tls != nullptr ? SSL_read(channel->tls, room, length) : recv(channel->socket, room, length, 0);
		if (received > 0) {
			channel->end += received;
			channel->progress += received;
			// Less than that is silence, as long as no packet gets whole.
			channel->patience = channel->progress < kLeastProgress ? channel->patience : 0;
			return true;
		}
		if (channel->tls != nullptr) {
			if (!WaitForTls(channel, static_cast<int>(received))) {
				return false;
			}
		} else if (received == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
			return Lost(channel);
		} else if (errno != EINTR && !Wait(channel, false)) {
			return false;
		}
	}
}

bool
Resize(MysqlChannel *channel, Size size)
{
	auto *const larger = static_cast<unsigned char *>(realloc(channel->buffer, size));
	if (larger == nullptr) {
		return ChannelFails(channel, kMysqlOutOfMemory, "out of memory for what the server sends");
	}
	channel->buffer = larger;
	channel->size = size;
	return true;
}

// Until so many bytes are there. The room grows with what has come, not with what was announced.
bool
Need(MysqlChannel *channel, Size bytes)
{
	while (channel->end - channel->start < bytes) {
		if (channel->start > 0 && channel->start + bytes > channel->size) {
			channel->end -= channel->start;
			memmove(channel->buffer, channel->buffer + channel->start, channel->end);
			channel->start = 0;
		}
		if (channel->end == channel->size && !Resize(channel, channel->size * 2)) {
			return false;
		}
		if (!Receive(channel)) {
			return false;
		}
	}
	return true;
}

bool
SendAll(MysqlChannel *channel, const unsigned char *data, Size length)
{
	while (length > 0) {
		if (!MayGoOn(channel)) {
			return false;
		}
		auto const portion = static_cast<int>(std::min<Size>(length, kLongestPacket));
		ssize_t const sent = channel->tls != nullptr ? SSL_write(channel->tls, data, portion)
													 : send(channel->socket, data, portion, MSG_NOSIGNAL);
		if (sent > 0) {
			channel->patience = 0;
			data += sent;
			length -= sent;
		} else if (channel->tls != nullptr) {
			if (!WaitForTls(channel, static_cast<int>(sent))) {
				return false;
			}
		} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
			return Lost(channel);
		} else if (errno != EINTR && !Wait(channel, true)) {
			return false;
		}
	}
	return true;
}

void
PutHeader(MysqlChannel *channel, Size length, unsigned char *header)
{
	header[0] = static_cast<unsigned char>(length);
	header[1] = static_cast<unsigned char>(length >> 8);
	header[2] = static_cast<unsigned char>(length >> 16);
	header[3] = channel->sequence++;
}

bool
FailsToReach(MysqlChannel *channel, const MysqlTarget *target, int number)
{
	char message[512];
	snprintf(message, sizeof(message), "Can't connect to server on '%.255s' (%s)", target->host, strerror(number));
	return ChannelFails(channel, kMysqlCannotConnect, message);
}

bool
ConnectTo(MysqlChannel *channel, const MysqlTarget *target, const sockaddr *address, socklen_t length)
{
	channel->is_local = address->sa_family == AF_UNIX;
	channel->socket = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (channel->socket < 0) {
		return FailsToReach(channel, target, errno);
	}
	int const on = 1;
	if (!channel->is_local) {
		// Best effort, all three.
		(void)setsockopt(channel->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(channel->socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		(void)setsockopt(channel->socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
	}
	int problem = connect(channel->socket, address, length) == 0 ? 0 : errno;
	if (problem == EINPROGRESS) {
		if (!Wait(channel, true)) {
			return false;
		}
		socklen_t size = sizeof(problem);
		if (getsockopt(channel->socket, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
			problem = errno;
		}
	}
	if (problem != 0) {
		close(channel->socket);
		channel->socket = -1;
		return FailsToReach(channel, target, problem);
	}
	memcpy(&channel->address, address, length);
	channel->address_length = length;
	return true;
}

bool
ConnectToFile(MysqlChannel *channel, const MysqlTarget *target, const char *path)
{
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	strlcpy(address.sun_path, path, sizeof(address.sun_path));
	return ConnectTo(channel, target, reinterpret_cast<const sockaddr *>(&address), sizeof(address));
}

} // namespace

bool
ChannelConnect(MysqlChannel *channel, const MysqlTarget *target)
{
	channel->buffer = static_cast<unsigned char *>(malloc(kBuffer));
	channel->size = kBuffer;
	if (channel->buffer == nullptr) {
		return ChannelFails(channel, kMysqlOutOfMemory, "out of memory");
	}
	if (channel->address_length > 0) {
		// Where another connection of the same link went: names may mean something else by now.
		sockaddr_storage const same = channel->address;
		return ConnectTo(channel, target, reinterpret_cast<const sockaddr *>(&same), channel->address_length);
	}
	if (!target->force_tcp && target->host[0] == '/') {
		return ConnectToFile(channel, target, target->host);
	}
	if (!target->force_tcp && strcmp(target->host, "localhost") == 0 && access(kSocketFile, F_OK) == 0) {
		return ConnectToFile(channel, target, kSocketFile);
	}
	addrinfo hints{};
	hints.ai_socktype = SOCK_STREAM;
	char port[12];
	snprintf(port, sizeof(port), "%u", target->port);
	addrinfo *found = nullptr;
	int const problem = getaddrinfo(target->host, port, &hints, &found);
	if (problem != 0) {
		char message[512];
		snprintf(message, sizeof(message), "Unknown server host '%.255s' (%s)", target->host, gai_strerror(problem));
		return ChannelFails(channel, kMysqlUnknownHost, message);
	}
	// Waiting may raise: what was found is copied, and freed before.
	constexpr int kMost = 8;
	sockaddr_storage addresses[kMost];
	socklen_t lengths[kMost];
	int count = 0;
	for (const addrinfo *at = found; at != nullptr && count < kMost; at = at->ai_next) {
		memcpy(&addresses[count], at->ai_addr, at->ai_addrlen);
		lengths[count++] = at->ai_addrlen;
	}
	freeaddrinfo(found);
	bool connected = false;
	for (int i = 0; i < count && !connected; ++i) {
		connected = ConnectTo(channel, target, reinterpret_cast<const sockaddr *>(&addresses[i]), lengths[i]);
	}
	return connected;
}

bool
ChannelStartTls(MysqlChannel *channel, const MysqlTarget *target)
{
	if (channel->start < channel->end) {
		return ChannelFails(channel, kMysqlMalformed, "The server says more than its greeting before TLS begins.");
	}
	if (!PrepareTls(channel, target)) {
		return false;
	}
	for (;;) {
		ERR_clear_error();
		int const result = SSL_connect(channel->tls);
		if (result == 1) {
			return true;
		}
		int const reason = SSL_get_error(channel->tls, result);
		if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
			return FailsInTls(channel, "TLS handshake failed");
		}
		if (!MayGoOn(channel) || !Wait(channel, reason == SSL_ERROR_WANT_WRITE)) {
			return false;
		}
	}
}

bool
ChannelRead(MysqlChannel *channel, Size limit, unsigned char **packet, Size *length)
{
	if (channel->start == channel->end) {
		channel->start = channel->end = 0;
		if (channel->size > kLargestKept && !Resize(channel, kBuffer)) {
			return false;
		}
	}
	channel->patience = 0;
	Size taken = 0; // bytes of the buffer, from its start
	Size whole = 0;
	Size part = kLongestPacket;
	while (part == kLongestPacket) {
		if (!Need(channel, taken + kHeader)) {
			return false;
		}
		const unsigned char *const header = channel->buffer + channel->start + taken;
		part = header[0] | static_cast<Size>(header[1]) << 8 | static_cast<Size>(header[2]) << 16;
		if (header[3] != channel->sequence) {
			return ChannelFails(channel, kMysqlMalformed, "Packets come out of order.");
		}
		++channel->sequence;
		if (whole + part > limit) {
			return ChannelFails(channel, kMysqlTooLarge, "The server sends a packet larger than it may be here.");
		}
		if (!Need(channel, taken + kHeader + part)) {
			return false;
		}
		unsigned char *const first = channel->buffer + channel->start;
		if (whole > 0) {
			memmove(first + kHeader + whole, first + taken + kHeader, part);
		}
		whole += part;
		taken += kHeader + part;
	}
	*packet = channel->buffer + channel->start + kHeader;
	*length = whole;
	channel->start += taken;
	return true;
}

bool
ChannelWrite(MysqlChannel *channel, const void *content, Size length)
{
	constexpr Size kShort = 4096;
	if (length >= kLongestPacket) {
		return ChannelFails(channel, kMysqlTooLarge, "The statement is too long to be sent.");
	}
	channel->patience = 0;
	unsigned char start[kHeader + kShort];
	PutHeader(channel, length, start);
	// In one piece where it is short: as one segment, and one record.
	Size const with_header = std::min(length, kShort);
	const auto *const data = static_cast<const unsigned char *>(content);
	memcpy(start + kHeader, data, with_header);
	return SendAll(channel, start, kHeader + with_header) && SendAll(channel, data + with_header, length - with_header);
}

void
ChannelClose(MysqlChannel *channel, const void *farewell, Size length)
{
	constexpr Size kLongestFarewell = 16;
	if (channel->socket >= 0 && length > 0 && length <= kLongestFarewell) {
		unsigned char packet[kHeader + kLongestFarewell];
		channel->sequence = 0;
		PutHeader(channel, length, packet);
		memcpy(packet + kHeader, farewell, length);
		auto const bytes = static_cast<int>(kHeader + length);
		if (channel->tls != nullptr) {
			(void)SSL_write(channel->tls, packet, bytes);
		} else {
			(void)send(channel->socket, packet, bytes, MSG_NOSIGNAL);
		}
	}
	if (channel->tls != nullptr) {
		(void)SSL_shutdown(channel->tls);
		ERR_clear_error();
	}
	FreeTls(channel);
	if (channel->socket >= 0) {
		close(channel->socket);
		channel->socket = -1;
	}
	free(channel->buffer);
	channel->buffer = nullptr;
	channel->size = channel->start = channel->end = 0;
}

} // namespace sluice::engine::leaf
