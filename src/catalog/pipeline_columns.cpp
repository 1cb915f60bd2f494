#include "catalog/pipeline_columns.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "catalog/statement.hpp"

namespace sluice::catalog {

namespace {

constexpr unsigned kDefined = kWritten | kVersioned;
constexpr unsigned kNamed = kDefined | kScripted;
constexpr unsigned kGiven = kNamed | kResettable;
constexpr unsigned kWhat = kGiven | kLoaded | kTravels;
constexpr unsigned kEnd = kWhat | kBetween;
constexpr unsigned kHow = kGiven | kTravels;

constexpr auto kColumns = std::to_array<PipelineColumn>({
	{"name", "text", &Pipeline::name, kNamed},
	{"source", "name", &Pipeline::source, kEnd, NAMEOID},
	{"source_table", "text", &Pipeline::source_table, kEnd, TEXTOID, Text::Relation},
	{"source_query", "text", &Pipeline::source_query, kEnd, TEXTOID, Text::Source},
	{"destination", "name", &Pipeline::destination, kEnd, NAMEOID},
	{"destination_table", "text", &Pipeline::destination_table, kEnd, TEXTOID, Text::Relation},
	{"mode", "text", &Pipeline::mode, kHow, TEXTOID},
	{"load", "text", &Pipeline::load, kHow, TEXTOID},
	{"key_columns", "text[]", &Pipeline::key_columns, kHow, TEXTARRAYOID},
	{"cursor_column", "text", &Pipeline::cursor_column, kHow | kBetween, TEXTOID},
	{"columns", "text", &Pipeline::columns, kWhat, TEXTOID, Text::Expression},
	{"filter", "text", &Pipeline::filter, kHow, TEXTOID, Text::Expression},
	{"schedule", "text", &Pipeline::schedule, kGiven, TEXTOID, Text::Schedule},
	{"timezone", "text", &Pipeline::timezone, kGiven, TEXTOID, Text::TimeZone},
	{"depends_on", "uuid[]", &Pipeline::depends_on, kGiven, TEXTARRAYOID},
	{"on_failure", "uuid", &Pipeline::on_failure, kGiven, TEXTOID},
	{"description", "text", &Pipeline::description, kGiven, TEXTOID, Text::Description},
	{"tags", "text[]", &Pipeline::tags, kGiven, TEXTARRAYOID, Text::Tag},
	{"status", "text", &Pipeline::status, kGiven, TEXTOID},
	{"owner", "name", &Pipeline::owner, kNamed, NAMEOID},
	{"options", "jsonb", &Pipeline::options, kGiven, JSONBOID, Text::Options},
	{"command", "text", &Pipeline::command, kHow, TEXTOID, Text::Source},
	{"id", "uuid", &Pipeline::id},
	{"owner_oid", "oid", &Pipeline::owner_oid, kWritten | kTravels},
	{"load_chosen", "boolean", &Pipeline::load_chosen, kDefined},
	{"search_path", "text", &Pipeline::search_path, kNamed | kTravels, InvalidOid, Text::SearchPath},
	{"version", "int", &Pipeline::version},
	{"paused_reason", "text", &Pipeline::paused_reason},
	{"created_by", "name", &Pipeline::created_by},
});

// From and to the text of a cell, by the member's type. NULL leaves what may not be missing at its default.
pg::SqlValue
ToCell(const std::string &value)
{
	return value;
}

pg::SqlValue
ToCell(const std::optional<std::string> &value)
{
	return value;
}

pg::SqlValue
ToCell(const std::vector<std::string> &value)
{
	return PlainArray(value);
}

pg::SqlValue
ToCell(bool value)
{
	return value ? "true" : "false";
}

template <typename Integer>
pg::SqlValue
ToCell(Integer value)
{
	return Number(static_cast<int64_t>(value));
}

void
FromCell(const pg::SqlValue &cell, std::string *value)
{
	*value = cell.value_or(*value);
}

void
FromCell(const pg::SqlValue &cell, std::optional<std::string> *value)
{
	*value = cell;
}

void
FromCell(const pg::SqlValue &cell, std::vector<std::string> *value)
{
	*value = cell ? PlainElements(*cell) : *value;
}

void
FromCell(const pg::SqlValue &cell, bool *value)
{
	*value = cell ? cell->starts_with('t') : *value;
}

template <typename Integer>
void
FromCell(const pg::SqlValue &cell, Integer *value)
{
	*value = cell ? static_cast<Integer>(std::stoll(*cell)) : *value;
}

} // namespace

std::span<const PipelineColumn>
PipelineColumns()
{
	return kColumns;
}

const PipelineColumn &
ColumnOf(PipelineMember member)
{
	return *std::find_if(kColumns.begin(), kColumns.end(),
						 [&member](const PipelineColumn &column) { return column.member == member; });
}

pg::SqlValue
CellOf(const PipelineColumn &column, const Pipeline &pipeline)
{
	return std::visit([&pipeline](auto member) { return ToCell(pipeline.*member); }, column.member);
}

void
SetCell(const PipelineColumn &column, const pg::SqlValue &cell, Pipeline *pipeline)
{
	std::visit([&cell, pipeline](auto member) { FromCell(cell, &(pipeline->*member)); }, column.member);
}

void
CopyCell(const PipelineColumn &column, const Pipeline &from, Pipeline *to)
{
	std::visit([&from, to](auto member) { to->*member = from.*member; }, column.member);
}

bool
Differ(const Pipeline &left, const Pipeline &right, unsigned use)
{
	return std::any_of(kColumns.begin(), kColumns.end(), [&](const PipelineColumn &column) {
		return column.Is(use) && std::visit([&](auto member) { return left.*member != right.*member; }, column.member);
	});
}

} // namespace sluice::catalog
