// A read by a cursor: which rows are asked for, as a condition on one column. The source evaluates it, by the column's
// own type.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "pg/prelude.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

struct CursorType {
	enum class Kind { Integer, Numeric, Date, Time, Other };

	Oid oid;
	const char *name; // in pg_catalog
	Kind kind;
	const char *least; // of integers
};

// The types that are ordered everywhere as here, and that have a literal for every value; NULL for others.
const CursorType *FindCursorType(Oid type);

struct CursorColumn {
	int attribute; // of the source's row, from 0; -1: of a FROM item
	std::string name;
	const CursorType *type;
};

// How values are computed with here: as their own type, which has no other meaning anywhere.
pg::SqlOptions Alone();

// Values as the type writes them in a run.
struct CursorRange {
	std::optional<std::string> from; // inclusive
	std::optional<std::string> to;	 // nothing: no row with a value
	bool with_to = true;			 // or only what is less
	bool nulls = false;				 // rows without a value, too
	std::string also;				 // and rows that fit this condition on "source" of a PostgreSQL
};

// What differs from one language to the other: how a value is written.
using WriteLiteral = std::function<std::string(const std::string &value)>;

// operator_format: "{}" in SQL's plain form.
std::string RangeCondition(const std::string &column, const CursorRange &range, const WriteLiteral &literal,
						   const char *operator_format);

// For PostgreSQL, here or elsewhere.
std::string PostgresLiteral(const CursorColumn &column, const std::string &value);
std::string PostgresCondition(const CursorColumn &column, const CursorRange &range);
// A query for the greatest value of what is in FROM; no row when there is none.
std::string PostgresGreatest(const CursorColumn &column, const std::string &from);

// A part of the rows, in the order of the cursor.
struct CursorPart {
	std::optional<std::string> after; // where it begins
	int64_t rows;					  // at least
	int64_t most_ties;				  // how many rows may have its last value; 0: however many
};

// A query for the last value of it; no row when there are fewer rows.
std::string PostgresPartEnd(const CursorColumn &column, const std::string &from, const CursorPart &part);

// What can be read by a cursor over a connection of its own.
class OrderedSource {
public:
	OrderedSource() = default;
	virtual ~OrderedSource() = default;
	OrderedSource(const OrderedSource &) = delete;
	OrderedSource &operator=(const OrderedSource &) = delete;

	// Why a column of a type that can be a cursor cannot be one there; '' when it can.
	virtual std::string WhyNoCursor(const CursorColumn &column) const = 0;
	// Of all rows, whatever the filter; nothing when none has a value.
	virtual std::optional<std::string> Greatest(const CursorColumn &column) = 0;
	// The last value of a part of all rows; nothing when it is the last part.
	virtual std::optional<std::string> PartEnd(const CursorColumn &column, const CursorPart &part) = 0;
	// Of the rows that the source's own filter leaves.
	virtual bool HasNull(const CursorColumn &column) = 0;
	// Before the Start: only these.
	virtual void ReadRange(const CursorColumn &column, const CursorRange &range) = 0;
};

} // namespace sluice::engine
