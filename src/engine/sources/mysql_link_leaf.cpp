#include "engine/sources/mysql_link_leaf.hpp"

#include "engine/sources/mysql_kill.hpp"
#include "pg/compat.hpp"

#include <sys/socket.h>

namespace sluice::engine::leaf {

namespace {

constexpr int kKillTimeoutMs = 3000;
constexpr Size kHeaderLength = 4;
// A packet of this length is followed by another one that belongs to it.
constexpr Size kLongestPacket = 0xFFFFFF;

MysqlLink *open_links = nullptr;

void
EndRemoteWork(MysqlLink *link)
{
	if (link->busy) {
		link->busy = false;
		KillQuery(link->target, mysql_thread_id(link->mysql), kKillTimeoutMs);
	}
}

// Runs on every way out of the backend, FATAL included, where no destructor does.
void
KillAllAtExit(int /*code*/, Datum /*arg*/)
{
	for (MysqlLink *link = open_links; link != nullptr; link = link->next) {
		EndRemoteWork(link);
	}
}

void
Register(MysqlLink *link)
{
	static bool registered = false;
	if (!registered) {
		before_shmem_exit(KillAllAtExit, 0);
		registered = true;
	}
	link->next = open_links;
	open_links = link;
}

void
Unregister(MysqlLink *link)
{
	for (MysqlLink **at = &open_links; *at != nullptr; at = &(*at)->next) {
		if (*at == link) {
			*at = link->next;
			return;
		}
	}
}

void
DropResult(MysqlLink *link)
{
	if (link->result != nullptr) {
		mysql_free_result(link->result);
		link->result = nullptr;
	}
}

int
MillisecondsUntil(TimestampTz deadline)
{
	return static_cast<int>(TimestampDifferenceMilliseconds(GetCurrentTimestamp(), deadline));
}

// Waits until the library can go on; what happened, in its terms, or 0 when the time is over.
int
WaitFor(MysqlLink *link, int wanted, int timeout_ms)
{
	static uint32 wait_event = 0;
	if (wait_event == 0) {
		wait_event = pg::compat::WaitEvent("SluiceSource");
	}
	TimestampTz const deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout_ms);
	for (;;) {
		int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
		events |= (wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT)) != 0 ? WL_SOCKET_READABLE : 0;
		events |= (wanted & MYSQL_WAIT_WRITE) != 0 ? WL_SOCKET_WRITEABLE : 0;
		int left = -1;
		if (timeout_ms > 0) {
			left = MillisecondsUntil(deadline);
			if (left <= 0) {
				return 0;
			}
			events |= WL_TIMEOUT;
		}
		int const happened =
			WaitLatchOrSocket(MyLatch, events, static_cast<pgsocket>(mysql_get_socket(link->mysql)), left, wait_event);
		if ((happened & WL_LATCH_SET) != 0) {
			ResetLatch(MyLatch);
		}
		CHECK_FOR_INTERRUPTS();
		int ready = (happened & WL_SOCKET_READABLE) != 0 ? wanted & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT) : 0;
		ready |= (happened & WL_SOCKET_WRITEABLE) != 0 ? wanted & MYSQL_WAIT_WRITE : 0;
		if (ready != 0) {
			return ready;
		}
	}
}

int
WaitForServer(MysqlLink *link, int wanted)
{
	int const ready = WaitFor(link, wanted, link->idle_timeout_ms);
	if (ready == 0) {
		ereport(ERROR, (errcode(MAKE_SQLSTATE('S', 'L', '0', '0', '5')),
						errmsg("server \"%s\" sent nothing for %d seconds", link->server, link->idle_timeout_ms / 1000),
						errhint("Look at what the source is doing, or raise the option source_idle_timeout.")));
	}
	return ready;
}

// In the place of what takes a row apart into bound variables: our own decoder does that. (Releases of the library
// differ in the number of arguments.)
template <typename... Rest>
int
LeaveRowAlone(MYSQL_STMT * /*statement*/, unsigned char * /*row*/, Rest... /*rest*/)
{
	return 0;
}

// Methods are meant to be replaced, by plugins. Only while rows are fetched: of others a later release may have more.
void
SetMethodsAside(MysqlLink *link)
{
	link->library_methods = link->mysql->methods;
	link->fetching = *link->library_methods;
	link->fetching.db_stmt_fetch_to_bind = LeaveRowAlone;
	link->mysql->methods = &link->fetching;
}

void
BringMethodsBack(MysqlLink *link)
{
	if (link->library_methods != nullptr) {
		link->mysql->methods = link->library_methods;
		link->library_methods = nullptr;
	}
}

bool
DescribeColumns(MysqlLink *link)
{
	DropResult(link);
	link->result = mysql_stmt_result_metadata(link->statement);
	return link->result != nullptr || mysql_stmt_field_count(link->statement) == 0;
}

Size
ReadAhead(const MARIADB_PVIO *io)
{
	const uchar *const end = io->cache + io->cache_size;
	return io->cache != nullptr && end > io->cache_pos ? static_cast<Size>(end - io->cache_pos) : 0;
}

// How many bytes of the server the library has consumed.
Size
Consumed(const MARIADB_PVIO *io)
{
	return io->bytes_read - ReadAhead(io);
}

// A whole row among what was read ahead is taken where it is: it is neither copied nor asked for through a change of
// stacks. All but ordinary rows are left to the library.
const unsigned char *
TakeReadAhead(MYSQL *mysql, Size *length)
{
	MARIADB_PVIO *io = mysql->net.pvio;
	Size const available = ReadAhead(io);
	if (available <= kHeaderLength) {
		return nullptr;
	}
	const uchar *const packet = io->cache_pos;
	Size const size = packet[0] | static_cast<Size>(packet[1]) << 8 | static_cast<Size>(packet[2]) << 16;
	if (size == 0 || size == kLongestPacket || size > available - kHeaderLength || packet[kHeaderLength] != 0) {
		return nullptr;
	}
	io->cache_pos += kHeaderLength + size;
	mysql->net.pkt_nr = mysql->net.compress_pkt_nr = (packet[3] + 1U) & 0xFFU;
	*length = size;
	return packet + kHeaderLength;
}

} // namespace

bool
LibraryFits()
{
	constexpr unsigned long kPatchNumbers = 100;
	return mysql_get_client_version() / kPatchNumbers == MARIADB_PACKAGE_VERSION_ID / kPatchNumbers;
}

bool
LinkConnect(MysqlLink *link, int timeout_ms)
{
	if (!AcquireExternalFD()) {
		ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
						errmsg("could not connect to server \"%s\"", link->server),
						errdetail("There are too many open files on the local server."),
						errhint("Raise the server's max_files_per_process and/or \"ulimit -n\" limits.")));
	}
	link->has_fd = true;
	link->mysql = mysql_init(nullptr);
	if (link->mysql == nullptr || !ConfigureMysql(link->mysql, link->target)) {
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	}
	Register(link);
	TimestampTz const deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), timeout_ms);
	MYSQL *connected = nullptr;
	int waiting = StartConnecting(&connected, link->mysql, link->target);
	while (waiting != 0) {
		int const left = MillisecondsUntil(deadline);
		int const ready = left > 0 ? WaitFor(link, waiting, left) : 0;
		if (ready == 0) {
			ereport(ERROR,
					(errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					 errmsg("could not connect to server \"%s\" within %d seconds", link->server, timeout_ms / 1000),
					 errhint("Check that the source answers, or raise the option connect_timeout.")));
		}
		waiting = mysql_real_connect_cont(&connected, link->mysql, ready);
	}
	if (connected == nullptr) {
		return false;
	}
	// Under TLS the library reads from the socket as it finds it: after the handshake it would wait there itself.
	if (!pg_set_noblock(static_cast<pgsocket>(mysql_get_socket(link->mysql)))) {
		ereport(ERROR, (errcode_for_socket_access(), errmsg("could not set socket to nonblocking mode: %m")));
	}
	return true;
}

bool
LinkRun(MysqlLink *link, const char *statement, Size length)
{
	DropResult(link);
	link->of_statement = false;
	link->busy = true;
	int failed = 0;
	int waiting = mysql_real_query_start(&failed, link->mysql, statement, length);
	while (waiting != 0) {
		waiting = mysql_real_query_cont(&failed, link->mysql, WaitForServer(link, waiting));
	}
	if (failed == 0 && mysql_field_count(link->mysql) > 0) {
		waiting = mysql_store_result_start(&link->result, link->mysql);
		while (waiting != 0) {
			waiting = mysql_store_result_cont(&link->result, link->mysql, WaitForServer(link, waiting));
		}
		failed = link->result == nullptr ? 1 : 0;
	}
	link->busy = false;
	return failed == 0;
}

bool
LinkPrepare(MysqlLink *link, const char *statement, Size length)
{
	DropResult(link);
	link->of_statement = true;
	if (link->statement != nullptr) {
		my_bool closed = 0;
		int waiting = mysql_stmt_close_start(&closed, link->statement);
		while (waiting != 0) {
			waiting = mysql_stmt_close_cont(&closed, link->statement, WaitForServer(link, waiting));
		}
	}
	link->statement = mysql_stmt_init(link->mysql);
	if (link->statement == nullptr) {
		return false;
	}
	link->busy = true;
	int failed = 0;
	int waiting = mysql_stmt_prepare_start(&failed, link->statement, statement, length);
	while (waiting != 0) {
		waiting = mysql_stmt_prepare_cont(&failed, link->statement, WaitForServer(link, waiting));
	}
	link->busy = false;
	return failed == 0 && DescribeColumns(link);
}

bool
LinkExecute(MysqlLink *link)
{
	link->busy = true;
	int failed = 0;
	int waiting = mysql_stmt_execute_start(&failed, link->statement);
	while (waiting != 0) {
		waiting = mysql_stmt_execute_cont(&failed, link->statement, WaitForServer(link, waiting));
	}
	if (failed != 0) {
		link->busy = false;
		return false;
	}
	return DescribeColumns(link);
}

bool
LinkNextRow(MysqlLink *link, const unsigned char **row, Size *length)
{
	MYSQL *mysql = link->mysql;
	// The first row is the library's, always: it changes the state of the statement.
	if (link->statement->state == MYSQL_STMT_USER_FETCHING) {
		*row = TakeReadAhead(mysql, length);
		if (*row != nullptr) {
			return true;
		}
	}
	Size const before = Consumed(mysql->net.pvio);
	int fetched = 0;
	SetMethodsAside(link);
	int waiting = mysql_stmt_fetch_start(&fetched, link->statement);
	while (waiting != 0) {
		waiting = mysql_stmt_fetch_cont(&fetched, link->statement, WaitForServer(link, waiting));
	}
	BringMethodsBack(link);
	if (fetched != 0) {
		*row = nullptr;
		link->busy = false;
		return fetched == MYSQL_NO_DATA;
	}
	// Packets of one row: all but the last are of the greatest length.
	Size const bytes = Consumed(mysql->net.pvio) - before;
	Size const headers = (bytes / (kLongestPacket + kHeaderLength) + 1) * kHeaderLength;
	*row = mysql->net.read_pos;
	*length = bytes > headers ? bytes - headers : 0;
	if (*length > static_cast<Size>(mysql->net.buff_end - mysql->net.read_pos)) {
		*length = 0; // nothing that libmariadb does: the decoder calls it malformed
	}
	return true;
}

MysqlError
LinkError(const MysqlLink *link)
{
	if (link->of_statement && link->statement != nullptr && mysql_stmt_errno(link->statement) != 0) {
		return {mysql_stmt_errno(link->statement), mysql_stmt_sqlstate(link->statement),
				mysql_stmt_error(link->statement)};
	}
	return {mysql_errno(link->mysql), mysql_sqlstate(link->mysql), mysql_error(link->mysql)};
}

void
LinkClose(MysqlLink *link)
{
	DropResult(link);
	if (link->mysql != nullptr) {
		bool const was_busy = link->busy;
		BringMethodsBack(link);
		EndRemoteWork(link);
		Unregister(link);
		if (was_busy) {
			// The library says goodbye in blocking mode; here nobody may wait any more.
			shutdown(static_cast<int>(mysql_get_socket(link->mysql)), SHUT_RDWR);
		}
		mysql_close(link->mysql);
		link->mysql = nullptr;
	}
	if (link->statement != nullptr) {
		// After the connection: a statement that has one would first read all its rows.
		mysql_stmt_close(link->statement);
		link->statement = nullptr;
	}
	if (link->has_fd) {
		ReleaseExternalFD();
		link->has_fd = false;
	}
}

} // namespace sluice::engine::leaf
