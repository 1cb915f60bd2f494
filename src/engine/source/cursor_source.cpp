#include "engine/source/cursor_source.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/known_rows.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// As it is stored with the rows that are remembered. A value that is padded to its declared length has other bytes with
// another one.
std::string
DescribeType(Oid type, int32 modifier)
{
	Oid const base = pg::Call(getBaseType, type);
	Oid const element = pg::Call(get_element_type, base);
	Oid const padded = OidIsValid(element) ? element : base;
	bool const is_padded = padded == NUMERICOID || padded == BPCHAROID;
	return pg::Call(format_type_with_typemod, type, is_padded ? modifier : -1);
}

} // namespace

CursorSource::CursorSource(const std::string &cursor, RunInput &input) : input_(input)
{
	auto const add = [&](const std::string &name, Oid type, int32 modifier, const char *reader) {
		if (name == cursor) {
			position_ = static_cast<int>(names_.size());
			Oid const base = pg::Call(getBaseType, type);
			column_ = {input_.Wire() != nullptr ? position_ : -1, name, FindCursorType(base)};
			if (column_.type == nullptr) {
				throw Error(
					sqlstate::kFeatureNotSupported,
					Format("column \"{}\" cannot be a cursor: its type is {}", name, pg::Call(format_type_be, type)),
					"A cursor is an integer, a numeric, a date, a timestamp or a uuid: values that are ordered in the "
					"same way everywhere. Cast the column in source_query.");
			}
		}
		names_.push_back(name);
		reader = input_.Mapping().unread.contains(name) ? "unread" : reader;
		described_.push_back(Format("{} {} {}{}", name, DescribeType(type, modifier), reader,
									pg::Call(leaf::HoldsOids, type) ? " as text" : ""));
	};
	if (input_.Wire() != nullptr) {
		TupleDesc const row = input_.Wire()->RowType();
		for (int i = 0; i < row->natts; ++i) {
			Form_pg_attribute const attribute = TupleDescAttr(row, i);
			add(NameStr(attribute->attname), attribute->atttypid, attribute->atttypmod, "sent");
		}
	} else {
		MappingInput plain;
		plain.from = input_.Mapping().from;
		MappedQuery const all(plain);
		for (int i = 0; i < all.ColumnCount(); ++i) {
			add(all.Column(i).name, all.Column(i).type, all.Column(i).type_modifier, "read");
		}
	}
	if (position_ < 0) {
		throw Error(sqlstate::kUndefinedColumn, Format("the source has no column \"{}\", which is the cursor", cursor),
					"cursor_column names a column of source_table or source_query, exactly as it is called there.");
	}
	OrderedSource *const ordered = input_.Ordered();
	std::string const why = input_.Wire() == nullptr ? ""
							: ordered == nullptr	 ? "The source cannot be asked for a range of its rows."
													 : ordered->WhyNoCursor(column_);
	if (!why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported, Format("column \"{}\" cannot be a cursor", column_.name),
					"Cast the column in source_query, or take another one.", why);
	}
}

std::optional<std::string>
CursorSource::Greatest() const
{
	if (OrderedSource *const ordered = input_.Ordered()) {
		return ordered->Greatest(column_);
	}
	pg::SqlResult const rows = pg::Sql(PostgresGreatest(column_, input_.Mapping().from + " AS source"));
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

std::optional<std::string>
CursorSource::PartEnd(const CursorPart &part) const
{
	if (OrderedSource *const ordered = input_.Ordered()) {
		return ordered->PartEnd(column_, part);
	}
	pg::SqlResult const rows = pg::Sql(PostgresPartEnd(column_, input_.Mapping().from + " AS source", part));
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

bool
CursorSource::HasNull() const
{
	if (OrderedSource *const ordered = input_.Ordered()) {
		return ordered->HasNull(column_);
	}
	const MappingInput &mapping = input_.Mapping();
	std::string const filter = mapping.filter ? Format(" AND (\n{}\n)", *mapping.filter) : "";
	return !pg::Sql(Format("SELECT 1 FROM {} AS source WHERE source.{} IS NULL{} LIMIT 1", mapping.from,
						   pg::QuoteIdentifier(column_.name), filter))
				.Empty();
}

void
CursorSource::ReadRange(const CursorRange &range)
{
	if (OrderedSource *const ordered = input_.Ordered()) {
		ordered->ReadRange(column_, range);
	} else {
		input_.AddCondition(PostgresCondition(column_, range));
	}
}

std::string
CursorSource::HiddenColumns() const
{
	std::string list;
	for (size_t i = 0; i < names_.size(); ++i) {
		std::string const value = input_.Mapping().unread.contains(names_[i])
									  ? "CAST(NULL AS pg_catalog.text)"
									  : "source." + pg::QuoteIdentifier(names_[i]);
		list += Format("\n, {} AS \"pg_sluice {}\"", value, i + 1);
	}
	return list;
}

} // namespace sluice::engine
