#include "engine/source/wire_source.hpp"

#include "engine/transform/star.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A list of columns without those that "*" leaves out; nothing where it leaves out none.
std::optional<std::string>
VisibleColumns(const std::vector<ColumnMeaning> &meaning)
{
	std::string list;
	for (const ColumnMeaning &column : meaning) {
		if (!column.is_hidden) {
			list += (list.empty() ? "source." : ", source.") + pg::QuoteIdentifier(column.name);
		}
	}
	bool const hides =
		std::any_of(meaning.begin(), meaning.end(), [](const ColumnMeaning &column) { return column.is_hidden; });
	return hides && !list.empty() ? std::optional(list) : std::nullopt;
}

} // namespace

void
WireSource::Describe(MappingInput *mapping) const
{
	mapping->stream = RowType();
	for (int i = 0; i < mapping->stream->natts; ++i) {
		mapping->travels_as_text.push_back(TravelsAsText(i));
	}
	mapping->meaning = Meaning();
	if (std::optional<std::string> const visible = VisibleColumns(mapping->meaning)) {
		std::string const columns = mapping->columns.value_or("source.*");
		mapping->columns = pg::Call(leaf::ReplaceStars, columns.c_str(), visible->c_str());
	}
}

} // namespace sluice::engine
