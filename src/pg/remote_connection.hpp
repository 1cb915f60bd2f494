// A connection to another PostgreSQL, described by a foreign server and the current user's mapping.
//
// Rules for owners who are not superusers (design rule 8): only connection options on an allow-list, no
// socket files, a password of their own mapping that the source really asked for, unless a superuser
// set password_required=false on that mapping. Nothing of the connection string ever reaches a message.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pg/guard.hpp"
#include "pg/link_wait.hpp"
#include "pg/remote_link.hpp"
#include "pg/sql.hpp"

namespace sluice::pg {

struct RemoteOptions {
	LinkTimeouts timeouts;
	int min_rate;		 // bytes per second
	bool is_destination; // rows go there, none come back
};

class RemoteConnection {
public:
	// Checks USAGE on the server and the options, connects, checks the password rule. Throws Error.
	RemoteConnection(const ForeignServer &server, const RemoteOptions &options);
	~RemoteConnection();
	RemoteConnection(const RemoteConnection &) = delete;
	RemoteConnection &operator=(const RemoteConnection &) = delete;

	// One statement with text parameters and text results.
	SqlResult Exec(const std::string &statement, const std::vector<SqlValue> &parameters = {});
	// Several statements in one round trip, whose results nobody needs.
	void ExecScript(const std::string &statements);
	// Work in the transaction there that may fail: it is undone there and here, and the failure returned. What ends the
	// session or the command there, or this one, is thrown.
	std::optional<Error> Try(const std::function<void()> &work);

	struct Column {
		std::string name;
		Oid type;
		int32 typmod;
	};
	// The columns that a statement would return, without running it. The text must be one statement.
	std::vector<Column> Describe(const std::string &statement);

	void CopyOut(const std::string &statement);
	void CopyIn(const std::string &statement);
	int64_t EndCopyIn();
	// Where rows could not be made or were refused: the server is to wait for no more of them.
	void GiveUpCopy();
	// The connection is of no use any more.
	bool IsBroken() const { return PQstatus(remote_->conn) == CONNECTION_BAD; }
	// The plain state, for leaf functions that read COPY rows.
	leaf::Remote *Plain() { return remote_.get(); }
	int ServerVersion() const { return PQserverVersion(remote_->conn); }
	// "TLSv1.3"; '' where others could listen.
	std::string Encryption() const;

private:
	std::string server_name_;
	std::unique_ptr<leaf::Remote> remote_;
};

} // namespace sluice::pg
