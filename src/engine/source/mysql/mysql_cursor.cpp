#include "engine/source/mysql/mysql_cursor.hpp"

#include "core/format.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
Literal(const MysqlCursor &cursor, const std::string &value)
{
	const char *form = nullptr;
	switch (cursor.kind) {
	case leaf::MysqlKind::Date:
		form = "SELECT to_char($1::date, 'YYYY-MM-DD')";
		break;
	case leaf::MysqlKind::Datetime:
		form = "SELECT to_char($1::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')";
		break;
	case leaf::MysqlKind::Timestamp: // the session there is in UTC
		form = "SELECT to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
		break;
	default:
		return pg::Sql("SELECT $1::numeric", {value}, Alone()).Text(0, 0);
	}
	return "'" + pg::Sql(form, {value}, Alone()).Text(0, 0) + "'";
}

std::optional<std::string>
ValueOf(MysqlConnection &remote, const MysqlCursor &cursor, const std::string &query)
{
	pg::SqlResult const rows = remote.Exec(query);
	std::optional<std::string> value = rows.Empty() ? std::nullopt : rows.Cell(0, 0);
	if (value && cursor.kind == leaf::MysqlKind::Timestamp) {
		*value += "+00";
	}
	return value;
}

} // namespace

std::optional<std::string>
MysqlGreatest(MysqlConnection &remote, const MysqlCursor &cursor, const std::string &from)
{
	return ValueOf(remote, cursor, Format("SELECT CAST(MAX({}) AS CHAR) FROM {}", cursor.name, from));
}

std::optional<std::string>
MysqlPartEnd(MysqlConnection &remote, const MysqlCursor &cursor, const std::string &from, const CursorPart &part)
{
	std::string const begin = part.after ? "> " + Literal(cursor, *part.after) : "IS NOT NULL";
	std::string end = Format("SELECT {0} AS v FROM {1} WHERE {0} {2} ORDER BY {0} LIMIT 1 OFFSET {3}", cursor.name,
							 from, begin, part.rows - 1);
	if (part.most_ties > 0) {
		end = Format(
			"SELECT {0} AS v FROM {1} WHERE {0} >= ({2}) GROUP BY {0} HAVING COUNT(*) <= {3} ORDER BY {0} LIMIT 1",
			cursor.name, from, end, part.most_ties);
	}
	return ValueOf(remote, cursor, Format("SELECT CAST(v AS CHAR) FROM ({}) AS e", end));
}

std::string
MysqlRange(const MysqlCursor &cursor, const CursorRange &range)
{
	return RangeCondition(
		cursor.name, range, [&cursor](const std::string &value) { return Literal(cursor, value); }, "{}");
}

} // namespace sluice::engine
