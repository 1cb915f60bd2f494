#include "catalog/pipeline_json.hpp"

#include <map>

#include "catalog/pipeline_columns.hpp"
#include "catalog/pipeline_graph.hpp"
#include "catalog/statement.hpp"

namespace sluice::catalog {

namespace {

bool
HoldsIds(const PipelineColumn &column)
{
	return std::string_view(column.type).starts_with("uuid");
}

bool
IsList(const PipelineColumn &column)
{
	return std::string_view(column.type).ends_with("[]");
}

std::string
CellsStatement()
{
	std::vector<std::string> cells;
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kScripted)) {
			const char *names = IsList(column) ? "text[]" : "text";
			cells.push_back(
				Format("jsonb_pretty(to_jsonb(${}::{}))", cells.size() + 1, HoldsIds(column) ? names : column.type));
		}
	}
	return "SELECT " + Join(cells, ", ");
}

pg::SqlValue
WithNames(const PipelineColumn &column, const pg::SqlValue &cell, const std::map<std::string, std::string> &labels)
{
	if (!cell) {
		return cell;
	}
	auto const label_of = [&labels](const std::string &id) {
		auto const label = labels.find(id);
		return label == labels.end() ? id : label->second;
	};
	if (!IsList(column)) {
		return label_of(*cell);
	}
	std::vector<pg::SqlValue> names;
	for (const std::string &id : PlainElements(*cell)) {
		names.emplace_back(label_of(id));
	}
	return TextArray(names);
}

} // namespace

std::vector<JsonEntry>
JsonEntries(const std::string &object)
{
	pg::SqlResult const rows =
		Execute("SELECT key, jsonb_typeof(value), value #>> '{{}}' FROM jsonb_each($1::jsonb)", {object});
	pg::SqlResult const elements = Execute(
		"SELECT o.key, jsonb_typeof(e.value), e.value #>> '{{}}' FROM jsonb_each($1::jsonb) o CROSS JOIN LATERAL "
		"jsonb_array_elements(CASE jsonb_typeof(o.value) WHEN 'array' THEN o.value ELSE '[]' END) WITH ORDINALITY "
		"e (value, place) ORDER BY o.key, e.place",
		{object});
	std::map<std::string, std::vector<JsonElement>> lists;
	for (size_t row = 0; row < elements.Rows(); ++row) {
		lists[elements.Text(row, 0)].push_back({elements.Text(row, 1), elements.Text(row, 2)});
	}
	std::vector<JsonEntry> entries;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		const std::string &key = rows.Text(row, 0);
		entries.push_back({key, {rows.Text(row, 1), rows.Text(row, 2)}, lists[key]});
	}
	return entries;
}

std::string
TextArrayAsStored(const std::vector<std::string> &elements)
{
	return Execute("SELECT $1::text[]", {TextArray({elements.begin(), elements.end()})}).Text(0, 0);
}

std::vector<pg::SqlValue>
JsonCells(const Pipeline &pipeline, Oid role)
{
	static std::string const statement = CellsStatement();
	std::vector<std::string> targets = pipeline.depends_on;
	if (pipeline.on_failure) {
		targets.push_back(*pipeline.on_failure);
	}
	std::map<std::string, std::string> const labels = LabelsOf(targets, role);
	std::vector<pg::SqlValue> parameters;
	for (const PipelineColumn &column : PipelineColumns()) {
		if (column.Is(kScripted)) {
			pg::SqlValue const cell = CellOf(column, pipeline);
			parameters.push_back(HoldsIds(column) ? WithNames(column, cell, labels) : cell);
		}
	}
	pg::SqlResult const rows = Execute(statement, parameters);
	std::vector<pg::SqlValue> cells;
	for (size_t place = 0; place < parameters.size(); ++place) {
		cells.push_back(rows.Cell(0, place));
	}
	return cells;
}

} // namespace sluice::catalog
