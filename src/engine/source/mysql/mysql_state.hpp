// A connection to a MySQL or MariaDB server as plain data: where it goes, its socket and what came through it, what the
// server is and has last said of itself.
//
// Leaf regime.
#pragma once

#include "core/mysql_packet.hpp"
#include "core/outside_text.hpp"
#include "core/steady_clock.hpp"
#include "pg/link_wait.hpp"
#include "pg/open_links.hpp"

#include <sys/socket.h>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace sluice::engine::leaf {

// Where and as whom. The strings belong to somebody else and outlive the link; NULL: not given.
struct MysqlTarget {
	const char *host;
	const char *user;
	const char *password;
	const char *ssl_key;
	const char *ssl_cert;
	const char *ssl_ca;
	const char *ssl_capath;
	const char *ssl_cipher;
	unsigned port;
	bool force_tcp;		   // else "localhost" and paths are sockets of this machine
	bool needs_tls;		   // without it nothing is told
	bool takes_public_key; // the password may be encrypted with a key that the server sends without TLS
};

// Numbers of the client library, which MysqlSqlState knows.
constexpr unsigned kMysqlCannotConnect = 2003;
constexpr unsigned kMysqlUnknownHost = 2005;
constexpr unsigned kMysqlOutOfMemory = 2008;
constexpr unsigned kMysqlHandshake = 2012;
constexpr unsigned kMysqlLost = 2013;
constexpr unsigned kMysqlTooLarge = 2020;
constexpr unsigned kMysqlTls = 2026;
constexpr unsigned kMysqlMalformed = 2027;
constexpr unsigned kMysqlPlugin = 2059;

struct MysqlError {
	unsigned number;
	char state[6];
	char message[4 * kOutsideTextLimit + 2]; // one byte more than is looked at shows that there was more
};

struct MysqlChannel {
	int socket; // -1: none
	SSL *tls;
	SSL_CTX *tls_context;
	const char *server; // name, for messages
	sockaddr_storage address;
	socklen_t address_length; // 0: not known yet
	bool is_local;			  // a socket file
	bool leaving;
	SteadyTime deadline; // of the connection phase; 0: it is over
	pg::LinkTimeouts timeouts;
	SteadyTime patience; // until when something whole has to come; 0: not waited for yet
	Size progress;		 // bytes that came meanwhile
	unsigned char *buffer;
	Size size;
	Size start; // of what was not read yet
	Size end;
	uint8 sequence;
	MysqlError error;
};

// A column of a result.
struct MysqlField {
	const char *name;
	const char *type_name; // what MariaDB says beyond the type; "": nothing
	bool of_table;		   // else of an expression
	uint32 length;
	uint16 charset;
	uint16 flags;
	mysql::Type type;
	uint8 decimals;
};

struct MysqlLink {
	pg::leaf::OpenLink open;
	MysqlChannel channel;
	const MysqlTarget *target;
	char version[64];
	bool is_mariadb;
	bool extended; // MariaDB tells more of its columns
	uint32 connection;
	uint32 statement; // prepared
	bool has_statement;
	int parameters;		// of it
	MysqlField *fields; // of the last result; in the memory context of that call
	int field_count;
	bool ready; // commands may be given
	bool busy;	// the server works for us
};

// False, after noting what is wrong; the message is cut where it is too long.
bool ChannelFails(MysqlChannel *channel, unsigned number, const char *message);

} // namespace sluice::engine::leaf
