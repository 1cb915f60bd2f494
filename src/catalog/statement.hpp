// How catalog/ runs its statements: as the extension's owner, with pinned settings and kept plans.
// In the text of a statement {0} stands for the extension's schema, where its views and functions are, and
// literal braces are doubled; tables are in schema sluice.
// Parameters are text; instants travel as microseconds since 2000-01-01 UTC, so that no session
// setting has a say in how they are written.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text_bounds.hpp"
#include "pg/prelude.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

enum class Reading {
	Transaction, // what the transaction's snapshot shows
	Latest		 // what is committed now, whatever the isolation level; reads only
};

pg::SqlResult Execute(std::string_view statement, std::span<const pg::SqlValue> parameters,
					  Reading reading = Reading::Transaction);

// The same as this role, with its rights and what row-level security shows it; it reads the face alone.
pg::SqlResult ExecuteAs(Oid role, std::string_view statement, std::span<const pg::SqlValue> parameters);

inline pg::SqlResult
Execute(std::string_view statement, std::initializer_list<pg::SqlValue> parameters = {},
		Reading reading = Reading::Transaction)
{
	return Execute(statement, std::span<const pg::SqlValue>(parameters.begin(), parameters.size()), reading);
}

// Array literals of text[] and of types without special characters.
std::string TextArray(const std::vector<pg::SqlValue> &elements);
std::string PlainArray(const std::vector<std::string> &elements);
// The reverse of PlainArray.
std::vector<std::string> PlainElements(const std::string &array);

inline pg::SqlValue
Number(int64_t value)
{
	return std::to_string(value);
}

// What is said about runs: cut at the bound of a message.
inline pg::SqlValue
CutIfSet(const std::optional<std::string> &text)
{
	return text ? pg::SqlValue(CutMessage(*text)) : std::nullopt;
}

inline pg::SqlValue
IfAny(const std::string &text)
{
	return text.empty() ? std::nullopt : pg::SqlValue(text);
}

inline pg::SqlValue
Instant(std::optional<TimestampTz> at)
{
	return at ? pg::SqlValue(std::to_string(*at)) : std::nullopt;
}

inline std::optional<TimestampTz>
InstantCell(const pg::SqlResult &result, size_t row, size_t column)
{
	return result.Cell(row, column) ? std::optional<TimestampTz>(result.Integer(row, column)) : std::nullopt;
}

inline bool
IsSet(const pg::SqlResult &result, size_t row, size_t column)
{
	return result.Cell(row, column).has_value();
}

std::string NewId();
std::string CurrentUserName();

} // namespace sluice::catalog

// SQL that turns parameter $n into a timestamptz, and a timestamptz into the number that InstantCell reads.
#define SLUICE_SQL_AT(parameter)                                                                                       \
	"('2000-01-01 00:00:00+00'::timestamptz + " parameter "::bigint * interval '1 microsecond')"
#define SLUICE_SQL_MICROSECONDS(expression) "((extract(epoch FROM " expression ") - 946684800) * 1000000)::bigint"
