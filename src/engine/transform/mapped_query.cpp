#include "engine/transform/mapped_query.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/filter_safety.hpp"
#include "engine/transform/star.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// Every piece of the user's text stands on lines of its own, so that a comment ends where it began.
std::string
SelectText(const MappingInput &input)
{
	std::string text =
		input.staged && input.source_row == nullptr ? "WITH source AS (SELECT * FROM " + input.from + ")\n" : "";
	if (input.transform) {
		return "SELECT\n" + input.columns.value_or("source.*") + "\nFROM (\n" + *input.transform + "\n) AS source";
	}
	text += "SELECT\n" + input.columns.value_or("source.*") + "\nFROM ";
	text += input.staged || input.source_row != nullptr ? "source" : input.from + " AS source";
	if (input.filter) {
		text += "\nWHERE (\n" + *input.filter + "\n)";
	}
	return text;
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

MappedQuery::MappedQuery(const MappingInput &input)
	: text_(SelectText(input)), meaning_(input.meaning), reshaped_(input.transform.has_value()),
	  leave_out_(input.leave_out), named_(input.named), stamped_(input.stamped), own_(input.own)
{
	if (input.source_row != nullptr && !meaning_.empty()) {
		AnalyzeMeaning(input);
	} else {
		Analyze(input);
	}
	row_for_row_ = !reshaped_ && pg::Call(leaf::GivesRowForRow, analyzed_);
	analyzed_->keeps_rows = analyzed_->keeps_rows && !reshaped_;
	if (analyzed_->sorts && (input.source_row == nullptr || input.staged)) {
		MappingInput inner;
		inner.source_row = input.source_row;
		inner.exact = input.exact;
		for (int i = 0; i < ColumnCount(); ++i) {
			inner.travels_as_text.push_back(Column(i).from_text);
		}
		CheckNames(*this);
		text_ = "SELECT * FROM (\n" + text_ + "\n) AS mapped";
		Analyze(inner);
	}
	NameColumns(input.naming);
	CheckNames(*this);
	CastColumns(input);
}

void
MappedQuery::CheckOwn() const
{
	for (const OwnColumn &own : own_) {
		for (int i = 0; i < ColumnCount(); ++i) {
			if (own.name == Column(i).name) {
				throw Error(
					sqlstate::kDuplicateColumn,
					Format("the source has a column \"{}\", which the load fills by itself", own.name),
					Format("Leave it out or call it otherwise in columns, or let the option {} name another column of "
						   "the destination.",
						   own.option));
			}
		}
	}
}

bool
MappedQuery::IsOwn(const std::string &column) const
{
	return std::any_of(own_.begin(), own_.end(), [&column](const OwnColumn &own) { return own.name == column; });
}

bool
MappedQuery::MayBeLeftOut(int index) const
{
	if (leave_out_ == LeaveOut::None || leave_out_ == LeaveOut::All) {
		return leave_out_ == LeaveOut::All;
	}
	const char *const origin = Column(index).origin;
	return origin != nullptr && (!named_ || !pg::Call(leaf::IsNamed, named_->c_str(), origin));
}

void
MappedQuery::NameColumns(ColumnCase naming)
{
	if (naming == ColumnCase::Keep) {
		return;
	}
	for (int i = 0; i < analyzed_->column_count; ++i) {
		leaf::OutputColumn &column = analyzed_->columns[i];
		std::string const name = CasedName(column.name, naming);
		if (name != column.name && !column.unnamed) {
			column.name = pg::Call(leaf::NameThatFits, name.c_str());
			renamed_ = true;
		}
	}
}

void
MappedQuery::CastColumns(const MappingInput &input)
{
	std::set<std::string> unknown;
	for (const auto &[name, type] : input.types) {
		unknown.insert(name);
	}
	for (int i = 0; i < ColumnCount(); ++i) {
		auto const wanted = input.types.find(Column(i).name);
		if (wanted != input.types.end()) {
			pg::Call(leaf::CastColumn, analyzed_, i, &wanted->second);
			unknown.erase(wanted->first);
		}
	}
	if (unknown.empty()) {
		return;
	}
	std::vector<std::string> names;
	for (int i = 0; i < ColumnCount(); ++i) {
		names.emplace_back(Column(i).name);
	}
	throw Error(
		sqlstate::kUndefinedColumn,
		Format("column_types names {}, which the source does not give", NameList({unknown.begin(), unknown.end()})),
		Format("Name columns as the destination has them: {}.", NameList(names)));
}

void
MappedQuery::TakeFilterAway()
{
	leaf::TakeFilterAway(analyzed_);
	filter_elsewhere_ = true;
}

const ColumnMeaning *
MappedQuery::MeaningOf(int index) const
{
	int const source_column = Column(index).source_column;
	return source_column < 0 || meaning_.empty() ? nullptr : &meaning_.at(static_cast<size_t>(source_column));
}

const ColumnMeaning *
MappedQuery::UnknownZoneOf(int index) const
{
	int const source_column = Column(index).unknown_zone;
	return source_column < 0 || meaning_.empty() ? nullptr : &meaning_.at(static_cast<size_t>(source_column));
}

std::vector<std::string>
MappedQuery::MissingTypes() const
{
	std::vector<std::string> missing;
	for (int i = 0; i < ColumnCount(); ++i) {
		const ColumnMeaning *meaning = MeaningOf(i);
		if (meaning != nullptr && !meaning->missing.empty()) {
			missing.push_back(Format("column \"{}\" is created as text: {}", Column(i).name, meaning->missing));
		}
	}
	return missing;
}

std::optional<Error>
MappedQuery::MissingExtension() const
{
	for (int i = 0; i < ColumnCount(); ++i) {
		const ColumnMeaning *meaning = MeaningOf(i);
		if (meaning != nullptr && !meaning->missing_extension.empty()) {
			bool const is_there = OidIsValid(pg::Call(get_extension_oid, meaning->missing_extension.c_str(), true));
			return ExtensionMissing(Column(i).name, meaning->source_type, meaning->missing_extension, "this database",
									is_there);
		}
	}
	return std::nullopt;
}

void
MappedQuery::Analyze(const MappingInput &input)
{
	// std::vector<bool> has no array behind it.
	std::vector<char> travels(input.travels_as_text.begin(), input.travels_as_text.end());
	static_assert(sizeof(bool) == sizeof(char));
	std::vector<leaf::SourceType> types;
	types.reserve(input.meaning.size());
	for (const ColumnMeaning &column : input.meaning) {
		types.push_back(column.type);
	}
	analyzed_ = pg::Call(leaf::AnalyzeQuery, text_.c_str(), input.source_row,
						 travels.empty() ? nullptr : reinterpret_cast<const bool *>(travels.data()),
						 types.empty() ? nullptr : static_cast<const leaf::SourceType *>(types.data()),
						 input.transform ? "transform" : "columns and filter");
	analyzed_->exact = input.exact;
}

// False where the analysis fails because of a column that nothing can be done with here. blamed: those columns.
bool
MappedQuery::TryMeaning(const MappingInput &input, leaf::Meaning *blamed)
{
	text_ = SelectText(input);
	try {
		Analyze(input);
		*blamed = analyzed_->meaning;
		return true;
	} catch (const Error &error) {
		if (std::string_view(error.what()).find(leaf::StandInName()) == std::string_view::npos) {
			throw;
		}
	}
	// Which column it is shows an analysis that takes all of them for text.
	MappingInput as_text = input;
	int first = -1;
	for (size_t i = 0; i < as_text.meaning.size(); ++i) {
		leaf::SourceType &type = as_text.meaning[i].type;
		if (type.as_text && !type.computable) {
			type.own = TEXTOID;
			first = first < 0 ? static_cast<int>(i) : first;
		}
	}
	try {
		Analyze(as_text);
		*blamed = analyzed_->meaning;
	} catch (const Error &) {
		*blamed = {first, first};
	}
	return false;
}

void
MappedQuery::AnalyzeMeaning(const MappingInput &input)
{
	leaf::Meaning blamed{-1, -1};
	bool understood = TryMeaning(input, &blamed);
	if (!understood && input.filter) {
		MappingInput unfiltered = input;
		unfiltered.filter.reset();
		leaf::Meaning columns{-1, -1};
		understood = TryMeaning(unfiltered, &columns);
		blamed.columns = columns.columns;
	}
	if (!understood || blamed.columns >= 0) {
		throw RefuseMeaning(meaning_.at(static_cast<size_t>(std::max(blamed.columns, 0))), Clause::Columns, "");
	}
	filter_refuses_ = blamed.filter;
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
