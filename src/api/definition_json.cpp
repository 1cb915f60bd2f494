// Reading the definition that apply_pipeline takes.

#include "api/definition.hpp"
#include "catalog/pipeline_json.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"

namespace sluice::api {

namespace {

using catalog::JsonElement;
using catalog::JsonEntry;
using catalog::Pipeline;
using catalog::PipelineColumn;

const PipelineColumn &
ColumnOf(const std::string &key)
{
	std::vector<std::string> keys;
	for (const PipelineColumn &column : catalog::PipelineColumns()) {
		if (!column.Is(catalog::kScripted)) {
			continue;
		}
		if (key == column.name) {
			return column;
		}
		keys.emplace_back(column.name);
	}
	std::optional<std::string> const nearest = Nearest(key, keys);
	throw Error(sqlstate::kInvalidParameterValue,
				Format("unrecognized key \"{}\" in the definition of a pipeline", key),
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : Format("There are: {}.", Join(keys, ", ")));
}

void
RequireType(const PipelineColumn &column, bool fits, const char *expected)
{
	if (!fits) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("key \"{}\" in the definition of a pipeline must be {}", column.name, expected));
	}
}

std::vector<std::string>
ListOf(const PipelineColumn &column, const JsonEntry &entry)
{
	bool const fits =
		entry.value.type == "array" && std::all_of(entry.elements.begin(), entry.elements.end(),
												   [](const JsonElement &element) { return element.type == "string"; });
	RequireType(column, fits, "an array of strings");
	std::vector<std::string> list;
	for (const JsonElement &element : entry.elements) {
		list.push_back(element.text);
	}
	if (column.bound == Text::Tag) {
		CheckTags(list);
	}
	return list;
}

void
Take(const PipelineColumn &column, const JsonEntry &entry, Pipeline *values)
{
	std::string_view const type = column.type;
	if (type.ends_with("[]")) {
		std::vector<std::string> list = ListOf(column, entry);
		if (const auto *names = std::get_if<std::vector<std::string> Pipeline::*>(&column.member)) {
			values->**names = std::move(list);
		} else {
			SetCell(column, catalog::TextArrayAsStored(list), values);
		}
		return;
	}
	bool const is_object = type == "jsonb";
	RequireType(column, entry.value.type == (is_object ? "object" : "string"), is_object ? "an object" : "a string");
	SetCell(column, entry.value.text, values);
}

} // namespace

Given
ReadDefinition(const std::string &definition)
{
	Given given;
	for (const JsonEntry &entry : catalog::JsonEntries(definition)) {
		const PipelineColumn &column = ColumnOf(entry.key);
		if (entry.value.type != "null") {
			Take(column, entry, &given.values);
			given.columns.push_back(&column);
		}
	}
	if (!given.Has(&Pipeline::name)) {
		throw Error(sqlstate::kInvalidParameterValue, "the definition of a pipeline has no name",
					"Give it as the key \"name\".");
	}
	CheckGiven(given);
	return given;
}

} // namespace sluice::api
