#include "engine/target/filled_columns.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

struct FilledColumn {
	const std::string &name;
	const char *option;
	const char *types;		// as told to users
	const char *definition; // how to add one
};

struct Table {
	const std::string &name;
	const std::string &altered;
	const ColumnTypeOf &type_of;
};

Oid
TypeOf(const Table &table, const FilledColumn &column)
{
	std::optional<Oid> const type = table.type_of(column.name);
	if (!type) {
		throw Error(sqlstate::kUndefinedColumn,
					Format("{} has no column \"{}\", which the load is to fill", table.name, column.name),
					Format("Add it: ALTER TABLE {} ADD COLUMN {} {}; or let the option {} name another one.",
						   table.altered, pg::QuoteIdentifier(column.name), column.definition, column.option));
	}
	return *type;
}

Error
WrongType(const Table &table, const FilledColumn &column)
{
	return Error(sqlstate::kDatatypeMismatch,
				 Format("column \"{}\" of {} cannot be what {} names", column.name, table.name, column.option),
				 Format("Its type must be {}.", column.types));
}

// In which a mirror marks rows.
void
ReadMarkColumn(const Table &table, ComparePlan *compare)
{
	if (compare->mark_column.empty()) {
		return;
	}
	FilledColumn const mark{compare->mark_column, "soft_delete_column", "boolean, timestamptz or timestamp",
							"timestamptz"};
	Oid const type = TypeOf(table, mark);
	if (type != BOOLOID && type != TIMESTAMPTZOID && type != TIMESTAMPOID) {
		throw WrongType(table, mark);
	}
	compare->mark_is_time = type != BOOLOID;
}

void
CheckVersionColumns(const Table &table, const ComparePlan &compare)
{
	struct Wanted {
		FilledColumn column;
		Oid type;
	};
	for (const Wanted &wanted :
		 {Wanted{{compare.valid_from, "valid_from_column", "timestamptz", "timestamptz"}, TIMESTAMPTZOID},
		  Wanted{{compare.valid_to, "valid_to_column", "timestamptz", "timestamptz"}, TIMESTAMPTZOID},
		  Wanted{{compare.current, "current_column", "boolean", "boolean"}, BOOLOID}}) {
		if (TypeOf(table, wanted.column) != wanted.type) {
			throw WrongType(table, wanted.column);
		}
	}
}

} // namespace

void
CheckFilledColumns(LoadMode mode, const std::string &table, const std::string &altered, const ColumnTypeOf &type_of,
				   ComparePlan *compare)
{
	Table const there{table, altered, type_of};
	if (mode == LoadMode::Mirror) {
		ReadMarkColumn(there, compare);
	}
	if (mode == LoadMode::History) {
		CheckVersionColumns(there, *compare);
	}
}

} // namespace sluice::engine
