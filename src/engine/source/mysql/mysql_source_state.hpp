// What an open source of MySQL knows: how it is reached, what it reads and its columns.
#pragma once

#include <map>
#include <set>

#include "core/mysql_syntax.hpp"
#include "engine/source/mysql/mysql_connection.hpp"
#include "engine/source/mysql/mysql_row.hpp"
#include "engine/source/mysql/mysql_type.hpp"
#include "engine/source/source_name.hpp"
#include "engine/transform/column_meaning.hpp"

namespace sluice::engine {

struct MysqlSourceColumn {
	std::string name; // as the server has it
	MysqlColumnType type;
	std::string collation; // of a table's column
};

// As a statement there names a table.
inline std::string
QualifiedMysqlName(const SourceName &name)
{
	return QuoteMysqlName(name.schema) + "." + QuoteMysqlName(name.table);
}

struct MysqlSourceState {
	std::string server;
	std::string label;
	std::unique_ptr<MysqlConnection> remote;
	std::optional<SourceName> table;
	std::string query; // when there is no table
	std::string where; // the filter, with its keyword, or ''
	std::string range; // of a cursor, or ''
	std::string From() const { return table ? QualifiedMysqlName(*table) : "(\n" + query + "\n) AS source"; }
	std::string Where() const { return range.empty() ? where : where + (where.empty() ? " WHERE " : " AND ") + range; }
	std::map<std::string, std::string> collations; // by the column's name
	std::set<std::string> invisible;			   // those that are read although "*" leaves them out
	std::vector<ColumnMeaning> meaning;
	bool time_is_interval = false;
	bool null_zero_dates = false;
	leaf::TextRepair repair{};
	std::vector<MysqlSourceColumn> columns;
	TupleDesc row_type = nullptr;
	leaf::MysqlDecoder *decoder = nullptr;
	int64_t rows_expected = 0;
	int64_t most_rows = 0; // 0: all
};

} // namespace sluice::engine
