#include "pg/socket_bytes.hpp"

#ifdef __linux__
#include <cstddef>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

namespace sluice::pg {

int64_t
BytesReadFrom(int socket) noexcept
{
#ifdef __linux__
	tcp_info info{};
	socklen_t length = sizeof(info);
	int waiting = 0;
	if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
		length >= offsetof(tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received) &&
		ioctl(socket, FIONREAD, &waiting) == 0) {
		return static_cast<int64_t>(info.tcpi_bytes_received) - waiting;
	}
#else
	(void)socket;
#endif
	return -1;
}

} // namespace sluice::pg
