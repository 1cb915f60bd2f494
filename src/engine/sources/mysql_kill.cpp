#include "engine/sources/mysql_kill.hpp"

#include <cerrno>
#include <charconv>
#include <ctime>

#include <poll.h>

namespace sluice::engine::leaf {

namespace {

// The library's calls, name resolution and TLS among them, run on a stack of this size; it is touched as needed.
constexpr size_t kStackSize = 1024 * 1024;
constexpr size_t kLongestRow = 1024 * 1024 * 1024;
// No plugin that asks on a terminal (dialog), sends the password as it is, or takes the user of the operating system.
constexpr const char *kAuthentication =
	"mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec";

int64
MonotonicMs()
{
	timespec now{};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<int64>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

// What the library waited for and has happened; 0 when the time is over.
int
PollUntil(MYSQL *mysql, int wanted, int64 deadline)
{
	for (;;) {
		int64 const left = deadline - MonotonicMs();
		if (left <= 0) {
			return 0;
		}
		pollfd waited{static_cast<int>(mysql_get_socket(mysql)), 0, 0};
		waited.events = static_cast<short>(((wanted & MYSQL_WAIT_READ) != 0 ? POLLIN : 0) |
										   ((wanted & MYSQL_WAIT_WRITE) != 0 ? POLLOUT : 0));
		int const ready = poll(&waited, 1, static_cast<int>(left));
		if (ready > 0) {
			return wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT);
		}
		if (ready == 0 || errno != EINTR) {
			return 0;
		}
	}
}

} // namespace

bool
ConfigureMysql(MYSQL *mysql, const MysqlTarget *target)
{
	my_bool const off = 0;
	my_bool const on = 1;
	unsigned const no_local_files = 0;
	// A certificate can be checked where somebody said whom to trust. TLS is used wherever the server has it.
	bool const verify = target->ssl_ca != nullptr || target->ssl_capath != nullptr;
	int failed = mysql_optionsv(mysql, MYSQL_OPT_NONBLOCK, &kStackSize);
	failed |= mysql_optionsv(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	failed |= mysql_optionsv(mysql, MYSQL_OPT_LOCAL_INFILE, &no_local_files);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_RECONNECT, &off);
	failed |= mysql_optionsv(mysql, MARIADB_OPT_RESTRICTED_AUTH, kAuthentication);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &kLongestRow);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "pg_sluice");
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_KEY, target->ssl_key);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_CERT, target->ssl_cert);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_CA, target->ssl_ca);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_CAPATH, target->ssl_capath);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_CIPHER, target->ssl_cipher);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_ENFORCE, &on);
	failed |= mysql_optionsv(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify ? &on : &off);
	if (target->force_tcp) {
		unsigned const tcp = MYSQL_PROTOCOL_TCP;
		failed |= mysql_optionsv(mysql, MYSQL_OPT_PROTOCOL, &tcp);
	}
	return failed == 0;
}

int
StartConnecting(MYSQL **connected, MYSQL *mysql, const MysqlTarget *target)
{
	return mysql_real_connect_start(connected, mysql, target->host, target->user, target->password, nullptr,
									target->port, nullptr, 0);
}

void
KillQuery(const MysqlTarget *target, unsigned long connection, int timeout_ms)
{
	int64 const deadline = MonotonicMs() + timeout_ms;
	MYSQL *mysql = mysql_init(nullptr);
	if (mysql == nullptr) {
		return;
	}
	MYSQL *connected = nullptr;
	int waiting = ConfigureMysql(mysql, target) ? StartConnecting(&connected, mysql, target) : 0;
	while (waiting != 0) {
		int const ready = PollUntil(mysql, waiting, deadline);
		if (ready == 0) {
			break;
		}
		waiting = mysql_real_connect_cont(&connected, mysql, ready);
	}
	if (connected != nullptr) {
		char statement[64] = "KILL QUERY ";
		const char *const end = std::to_chars(statement + strlen(statement), std::end(statement), connection).ptr;
		int failed = 0;
		waiting = mysql_real_query_start(&failed, mysql, statement, end - statement);
		while (waiting != 0) {
			int const ready = PollUntil(mysql, waiting, deadline);
			if (ready == 0) {
				break;
			}
			waiting = mysql_real_query_cont(&failed, mysql, ready);
		}
	}
	mysql_close(mysql);
}

} // namespace sluice::engine::leaf
