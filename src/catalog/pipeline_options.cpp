#include "catalog/pipeline_options.hpp"

#include "catalog/statement.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

namespace {

JsonType
TypeOf(const std::string &name)
{
	if (name == "boolean") {
		return JsonType::Boolean;
	}
	if (name == "number") {
		return JsonType::Number;
	}
	if (name == "string") {
		return JsonType::String;
	}
	if (name == "array") {
		return JsonType::Array;
	}
	return name == "object" ? JsonType::Object : JsonType::Null;
}

} // namespace

OptionValues
ReadOptions(const std::string &options_json)
{
	OptionValues values;
	// Most pipelines have none.
	if (options_json == "{}") {
		return values;
	}
	pg::SqlResult const rows =
		pg::Sql("SELECT key, pg_catalog.jsonb_typeof(value), value OPERATOR(pg_catalog.#>>) '{}' "
				"FROM pg_catalog.jsonb_each($1::pg_catalog.jsonb)",
				{options_json});
	for (size_t row = 0; row < rows.Rows(); ++row) {
		values.Set(rows.Text(row, 0), TypeOf(rows.Text(row, 1)), rows.Text(row, 2));
	}
	return values;
}

std::string
MergeOptions(const std::string &stored, const std::string &given)
{
	return Execute("SELECT COALESCE(jsonb_object_agg(key, value), '{{}}') FROM jsonb_each($1::jsonb || $2::jsonb) "
				   "WHERE value <> 'null'",
				   {stored, given})
		.Text(0, 0);
}

} // namespace sluice::catalog
