// Which options of a mysql_fdw server and its user mapping reach the MySQL source, for whom.
#pragma once

#include <optional>
#include <string>

#include "engine/source/mysql/mysql_link.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

struct MysqlParameters {
	std::string host;
	unsigned port = 3306;
	std::string user;
	std::string password;
	std::optional<std::string> ssl_key;
	std::optional<std::string> ssl_cert;
	std::optional<std::string> ssl_ca;
	std::optional<std::string> ssl_capath;
	std::optional<std::string> ssl_cipher;
	std::string init_command;
	std::string sql_mode;
	bool force_tcp = true;
	bool get_public_key = false;

	// Points into this.
	leaf::MysqlTarget Target() const;
	bool WantsTls() const;
};

// Of the role's own mapping. Throws Error 42501, 28P01 or 42704 for what the role may not use or lacks.
MysqlParameters CollectMysqlParameters(const ForeignServer &server, Oid role);
// The same, without connecting.
void CheckMysqlLogin(const ForeignServer &server, Oid role);

// Why this server's options cannot be served by the MySQL source; empty when they can.
std::string MysqlObstacle(const ForeignServer &server);

} // namespace sluice::engine
