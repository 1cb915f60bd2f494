#include "engine/source/cursor_range.hpp"

#include <array>

#include "core/format.hpp"

namespace sluice::engine {

namespace {

using enum CursorType::Kind;

// No text: its order is that of a collation. No float: a literal of a value there need not be the value.
constexpr std::array kTypes = {
	CursorType{INT2OID, "int2", Integer, "-32768"},
	CursorType{INT4OID, "int4", Integer, "-2147483648"},
	CursorType{INT8OID, "int8", Integer, "-9223372036854775808"},
	CursorType{NUMERICOID, "numeric", Numeric, nullptr},
	CursorType{DATEOID, "date", Date, nullptr},
	CursorType{TIMESTAMPOID, "timestamp", Time, nullptr},
	CursorType{TIMESTAMPTZOID, "timestamptz", Time, nullptr},
	CursorType{UUIDOID, "uuid", Other, nullptr},
};

std::string
SourceColumn(const CursorColumn &column)
{
	return "source." + pg::QuoteIdentifier(column.name);
}

} // namespace

const CursorType *
FindCursorType(Oid type)
{
	const auto *const found = std::find_if(kTypes.begin(), kTypes.end(),
										   [type](const CursorType &candidate) { return candidate.oid == type; });
	return found == kTypes.end() ? nullptr : found;
}

pg::SqlOptions
Alone()
{
	pg::SqlOptions options;
	options.run_as = GetUserId();
	return options;
}

std::string
RangeCondition(const std::string &column, const CursorRange &range, const WriteLiteral &literal,
			   const char *operator_format)
{
	auto const compare = [&](const char *op, const std::string &value) {
		return Format("{} {} {}", column, FormatRuntime(operator_format, std::string(op)), literal(value));
	};
	std::string condition;
	if (range.to) {
		if (range.from) {
			condition = compare(">=", *range.from) + " AND ";
		}
		condition += compare(range.with_to ? "<=" : "<", *range.to);
	}
	if (range.nulls) {
		condition = condition.empty() ? column + " IS NULL" : Format("(({}) OR {} IS NULL)", condition, column);
	}
	return condition.empty() ? "1 = 0" : condition;
}

std::string
PostgresLiteral(const CursorColumn &column, const std::string &value)
{
	return Format("{}::pg_catalog.{}", pg::QuoteLiteral(value), column.type->name);
}

std::string
PostgresCondition(const CursorColumn &column, const CursorRange &range)
{
	if (!range.to && !range.nulls) {
		return "false";
	}
	std::string const name = SourceColumn(column);
	std::string within = RangeCondition(
		name, range, [&column](const std::string &value) { return PostgresLiteral(column, value); },
		"OPERATOR(pg_catalog.{})");
	if (range.also.empty()) {
		return within;
	}
	return Format("(({}) OR ({}{}))", within, range.also, range.nulls ? "" : Format(" AND {} IS NOT NULL", name));
}

std::string
PostgresGreatest(const CursorColumn &column, const std::string &from)
{
	std::string const name = SourceColumn(column);
	return Format("SELECT {} FROM {} WHERE {} IS NOT NULL ORDER BY {} DESC LIMIT 1", name, from, name, name);
}

std::string
PostgresPartEnd(const CursorColumn &column, const std::string &from, const CursorPart &part)
{
	std::string const name = SourceColumn(column);
	std::string place =
		Format("SELECT {} FROM {} WHERE {} {} ORDER BY {} LIMIT 1 OFFSET {}", name, from, name,
			   part.after ? "OPERATOR(pg_catalog.>) " + PostgresLiteral(column, *part.after) : "IS NOT NULL", name,
			   part.rows - 1);
	if (part.most_ties == 0) {
		return place;
	}
	return Format("SELECT {0} FROM {1} WHERE {0} OPERATOR(pg_catalog.>=) ({2}) GROUP BY {0} HAVING pg_catalog.count(*) "
				  "OPERATOR(pg_catalog.<=) {3} ORDER BY {0} LIMIT 1",
				  name, from, place, part.most_ties);
}

} // namespace sluice::engine
