// A connection to a MySQL or MariaDB server through libmariadb's non-blocking calls: every wait goes through the
// latch with a deadline, and between two calls interrupts are served. No error and no jump crosses a frame of the
// library, whose calls run on a stack of their own.
//
// Leaf regime. What only waiting can raise (an interrupt, silence) is raised; an error of MySQL is false, and
// LinkError tells it.
#pragma once

#include "engine/sources/mysql_client.hpp"

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
	bool force_tcp;
};

struct MysqlLink {
	MYSQL *mysql;
	MYSQL_STMT *statement;
	MYSQL_RES *result;
	st_mariadb_methods fetching;			   // the library's, with a change
	const st_mariadb_methods *library_methods; // while they are set aside
	const MysqlTarget *target;
	const char *server;	 // name, for messages
	int idle_timeout_ms; // longest silence; 0: none
	bool has_fd;		 // AcquireExternalFD was called
	bool busy;			 // the server works for us
	bool of_statement;	 // the last call was about the prepared statement, and so is its error
	MysqlLink *next;	 // open links of this backend, for exit
};

struct MysqlError {
	unsigned number;
	const char *state;
	const char *message;
};

bool LinkConnect(MysqlLink *link, int timeout_ms);
// Runs one statement; its rows, if it has any, are in link->result.
bool LinkRun(MysqlLink *link, const char *statement, Size length);
// Prepares link->statement; the description of its columns is in link->result.
bool LinkPrepare(MysqlLink *link, const char *statement, Size length);
// Executes it; rows are then read one by one. The columns as they are now are in link->result.
bool LinkExecute(MysqlLink *link);
// The next row as the protocol has it; *row is NULL at the end, and otherwise valid until the next call.
bool LinkNextRow(MysqlLink *link, const unsigned char **row, Size *length);
// Of the call that returned false. The strings live as long as the link.
MysqlError LinkError(const MysqlLink *link);
// Never raises: ends what the server still does for us, closes, frees.
void LinkClose(MysqlLink *link);
// Whether the library at run time is the one that this was built with, as far as structures go.
bool LibraryFits();

} // namespace sluice::engine::leaf
