// What MySQL's information_schema says of a table beyond the types of its columns.
#pragma once

#include <string>
#include <vector>

#include "engine/source/mysql/mysql_connection.hpp"
#include "engine/source/source_name.hpp"
#include "engine/wire/declared_table.hpp"

namespace sluice::engine {

struct MysqlNamed {
	std::string there;
	std::string here;
	bool may_become_null; // whatever the server says of it
};

DeclaredTable ReadMysqlDeclared(MysqlConnection &remote, const SourceName &table,
								const std::vector<MysqlNamed> &columns);

} // namespace sluice::engine
