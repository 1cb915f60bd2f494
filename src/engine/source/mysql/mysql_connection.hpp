// A connection to MySQL or MariaDB, described by a mysql_fdw server and the current user's mapping, in one READ ONLY
// transaction with one snapshot.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/source/mysql/mysql_parameters.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

class MysqlConnection {
public:
	// Checks USAGE on the server and the options, connects, pins the session. Throws Error.
	MysqlConnection(const ForeignServer &server, const pg::LinkTimeouts &timeouts, bool takes_public_key);
	~MysqlConnection();
	MysqlConnection(const MysqlConnection &) = delete;
	MysqlConnection &operator=(const MysqlConnection &) = delete;

	// Statements are in this database's encoding, and so is what comes back. For questions of our own: more than a few
	// megabytes is no answer.
	pg::SqlResult Exec(const std::string &statement);
	// The columns that a statement would return, without running it. Valid until the next statement.
	std::span<const leaf::MysqlField> Prepare(const std::string &statement);
	// Runs what was prepared; its rows are then for leaf::FillFromMysql.
	std::span<const leaf::MysqlField> Execute();
	// After the last row: commits, and gives the session's settings back to what they were.
	void End();
	// For the error of a leaf function that failed.
	Error LastError() const;

	leaf::MysqlLink *Plain() { return link_.get(); }
	// "MariaDB 10.11.6", of printable characters
	std::string ServerVersion() const;
	bool IsEncrypted() const { return link_->channel.tls != nullptr; }

private:
	void Pin();
	void AddRow(pg::SqlResult *result, const unsigned char *row, size_t length) const;
	std::span<const leaf::MysqlField> Columns() const
	{
		return {link_->fields, static_cast<size_t>(link_->field_count)};
	}

	std::string server_name_;
	MysqlParameters parameters_;
	leaf::MysqlTarget target_{};
	std::unique_ptr<leaf::MysqlLink> link_;
};

} // namespace sluice::engine
