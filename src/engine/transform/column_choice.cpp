#include "engine/transform/column_choice.hpp"

#include "core/nearest.hpp"
#include "core/sqlstate.hpp"
#include "engine/transform/star.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::vector<std::string>
SourceColumns(const MappingInput &mapping)
{
	std::vector<std::string> names;
	if (TupleDesc const row = mapping.source_row) {
		for (int i = 0; i < row->natts; ++i) {
			names.emplace_back(NameStr(TupleDescAttr(row, i)->attname));
		}
		return names;
	}
	MappingInput plain;
	plain.from = mapping.from;
	MappedQuery const all(plain);
	for (int i = 0; i < all.ColumnCount(); ++i) {
		names.emplace_back(all.Column(i).name);
	}
	return names;
}

void
RequireAll(const std::set<std::string> &excluded, const std::vector<std::string> &names)
{
	for (const std::string &wanted : excluded) {
		if (std::find(names.begin(), names.end(), wanted) == names.end()) {
			std::optional<std::string> const nearest = Nearest(wanted, names);
			throw Error(sqlstate::kUndefinedColumn,
						Format("the source has no column \"{}\", which exclude_columns names", wanted),
						nearest ? Format("Perhaps you meant \"{}\".", *nearest)
								: Format("Its columns are {}.", NameList(names)));
		}
	}
}

} // namespace

std::optional<std::set<std::string>>
NamedColumns(const std::optional<std::string> &columns, const std::optional<std::string> &filter)
{
	leaf::NamesFound found{};
	pg::Call(leaf::FindNames, columns ? columns->c_str() : nullptr, filter ? filter->c_str() : nullptr, &found);
	if (found.whole_row) {
		return std::nullopt;
	}
	std::set<std::string> named;
	for (const ListCell *cell = list_head(found.names); cell != nullptr; cell = lnext(found.names, cell)) {
		named.insert(static_cast<const char *>(lfirst(cell)));
	}
	return named;
}

void
CheckExcluded(const MappingInput &mapping, const std::optional<std::string> &columns)
{
	if (!mapping.excluded.empty() && columns && !pg::Call(leaf::HasStar, columns->c_str())) {
		throw Error(sqlstate::kInvalidParameterValue, "exclude_columns has no meaning with columns that have no \"*\"",
					"It says what \"*\" leaves out: write \"*\" in columns, or leave exclude_columns out.");
	}
}

void
ChooseColumns(MappingInput *mapping)
{
	bool const hides = std::any_of(mapping->meaning.begin(), mapping->meaning.end(),
								   [](const ColumnMeaning &column) { return column.is_hidden; });
	if (!hides && mapping->excluded.empty()) {
		return;
	}
	std::vector<std::string> const names = SourceColumns(*mapping);
	RequireAll(mapping->excluded, names);
	std::string visible;
	for (size_t i = 0; i < names.size(); ++i) {
		bool const hidden = !mapping->meaning.empty() && mapping->meaning[i].is_hidden;
		if (!hidden && !mapping->excluded.contains(names[i])) {
			visible += (visible.empty() ? "source." : ", source.") + pg::QuoteIdentifier(names[i]);
		}
	}
	if (visible.empty() && mapping->excluded.empty()) {
		return;
	}
	if (visible.empty()) {
		throw Error(sqlstate::kInvalidParameterValue, "exclude_columns leaves none of the source's columns",
					"Name in columns what is to be loaded, without \"*\".");
	}
	if (std::optional<std::set<std::string>> const named = NamedColumns(mapping->columns, mapping->filter)) {
		std::set_difference(mapping->excluded.begin(), mapping->excluded.end(), named->begin(), named->end(),
							std::inserter(mapping->unread, mapping->unread.begin()));
	}
	std::string const columns = mapping->columns.value_or("source.*");
	mapping->columns = pg::Call(leaf::ReplaceStars, columns.c_str(), visible.c_str());
}

} // namespace sluice::engine
