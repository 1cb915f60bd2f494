// Which type a column of MySQL or MariaDB gets here, and how its values are read. The rules are told in
// doc/sources.md; they are those of mysql_fdw's IMPORT FOREIGN SCHEMA wherever that has one that loses nothing.
#pragma once

#include "engine/source/mysql/mysql_filter.hpp"
#include "engine/source/mysql/mysql_link.hpp"
#include "engine/source/mysql/mysql_row.hpp"

namespace sluice::engine {

struct MysqlColumnType {
	Oid type;
	int32 typmod;
	leaf::MysqlKind kind;
	bool as_text; // enum and set: text here, cast explicitly to what the destination has
	leaf::MysqlFilterKind filter;
};

MysqlColumnType MapMysqlType(const leaf::MysqlField &field, bool time_is_interval);

} // namespace sluice::engine
