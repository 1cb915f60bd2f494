// A connection to another PostgreSQL as plain data.
#pragma once

#include "pg/open_links.hpp"

namespace sluice::pg::leaf {

// One connection. Owned by RemoteConnection; everything libpq allocated hangs here, so that an error
// can jump out of any leaf and the owner's destructor still frees it.
struct Remote {
	OpenLink open;
	PGconn *conn;
	PGresult *result;
	char *copy_row;		 // last row of PQgetCopyData
	const char *server;	 // name, for messages
	int idle_timeout_ms; // longest silence; 0: none
	int min_rate;		 // bytes per second of that time, where no whole row came in it
	bool is_destination; // for messages
	bool over_tcp;
	bool login_failed; // the server has said so
};

} // namespace sluice::pg::leaf
