// Where MySQL orders and compares texts in another way than this database: by the collation of each column, which its
// protocol does not tell.
#pragma once

#include "engine/source/mysql/mysql_filter.hpp"
#include "engine/transform/column_meaning.hpp"

namespace sluice::engine {

struct MysqlDescribed {
	const std::string &name;
	Oid type;
	leaf::MysqlFilterKind kind;
	const std::string &collation; // ''; of a text: the source cannot tell
};

// Of MariaDB also: it orders uuids by their parts.
std::vector<ColumnMeaning> FindMysqlMeaning(const std::vector<MysqlDescribed> &columns);

} // namespace sluice::engine
