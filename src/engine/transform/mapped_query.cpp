#include "engine/transform/mapped_query.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/filter_safety_leaf.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// Every piece of the user's text stands on lines of its own, so that a comment ends where it began.
std::string
SelectText(const MappingInput &input)
{
	std::string text = input.staged ? "WITH source AS (SELECT * FROM " + input.from + ")\n" : "";
	text += "SELECT\n" + input.columns.value_or("source.*") + "\nFROM ";
	text += input.staged || input.stream != nullptr ? "source" : input.from + " AS source";
	if (input.filter) {
		text += "\nWHERE (\n" + *input.filter + "\n)";
	}
	return text;
}

// An error's position counts in the statement that we made: show that, not the caller's own statement.
Error
PointInto(const Error &error, const std::string &text)
{
	ErrorInfo info = error.Info();
	if (info.cursor_position > 0) {
		info.internal_position = info.cursor_position;
		info.internal_query = text;
		info.cursor_position = 0;
	}
	return Error(std::move(info)).WithContext("columns and filter of the pipeline");
}

void
CheckNames(const MappedQuery &query)
{
	std::set<std::string> seen;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		std::string const name = query.Column(i).name;
		if (query.Column(i).unnamed) {
			throw Error(sqlstate::kUndefinedColumn, Format("column {} has no name", i + 1),
						"Name each expression in columns with AS, after the destination's column.");
		}
		if (!seen.insert(name).second) {
			throw Error(sqlstate::kDuplicateColumn, Format("column \"{}\" appears more than once", name),
						"Name the columns to load in columns, each under a name of its own.");
		}
	}
}

} // namespace

MappedQuery::MappedQuery(const MappingInput &input) : text_(SelectText(input))
{
	Analyze(input.stream, input.travels_as_text);
	CheckNames(*this);
	if (analyzed_->sorts && input.stream == nullptr) {
		std::vector<bool> from_text;
		for (int i = 0; i < ColumnCount(); ++i) {
			from_text.push_back(Column(i).from_text);
		}
		text_ = "SELECT * FROM (\n" + text_ + "\n) AS mapped";
		Analyze(nullptr, from_text);
	}
}

void
MappedQuery::TakeFilterAway()
{
	leaf::TakeFilterAway(analyzed_);
}

void
MappedQuery::Analyze(TupleDesc stream, const std::vector<bool> &travels_as_text)
{
	// std::vector<bool> has no array behind it.
	std::vector<char> travels(travels_as_text.begin(), travels_as_text.end());
	static_assert(sizeof(bool) == sizeof(char));
	try {
		analyzed_ = pg::Call(leaf::AnalyzeQuery, text_.c_str(), stream,
							 travels.empty() ? nullptr : reinterpret_cast<const bool *>(travels.data()));
	} catch (const Error &error) {
		throw PointInto(error, text_);
	}
}

std::string
NameList(const std::vector<std::string> &names)
{
	constexpr size_t kMost = 20;
	std::string list;
	for (size_t i = 0; i < names.size() && i < kMost; ++i) {
		list += (i == 0 ? "\"" : ", \"") + names[i] + "\"";
	}
	return names.size() > kMost ? list + Format(" and {} more", names.size() - kMost) : list;
}

} // namespace sluice::engine
