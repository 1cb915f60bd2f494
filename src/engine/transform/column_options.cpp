#include "engine/transform/column_options.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

leaf::NamedType
FindType(const std::string &column, const std::string &text)
{
	try {
		return pg::Call(leaf::FindNamedType, text.c_str());
	} catch (const Error &error) {
		ErrorInfo info = error.WithContext(Format("option column_types, column \"{}\"", column)).Info();
		info.cursor_position = 0;
		if (info.hint.empty()) {
			info.hint = "Write a type as CREATE TABLE takes it, such as numeric(12,2), with its schema where the "
						"pipeline's search_path does not have it.";
		}
		throw Error(std::move(info));
	}
}

} // namespace

std::set<std::string>
ExcludedColumns(const OptionValues &options)
{
	std::set<std::string> excluded;
	if (!options.IsGiven("exclude_columns")) {
		return excluded;
	}
	pg::SqlResult const names = pg::Sql("SELECT pg_catalog.jsonb_typeof(value), value OPERATOR(pg_catalog.#>>) '{}' "
										"FROM pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb)",
										{options.Text("exclude_columns")});
	for (size_t row = 0; row < names.Rows(); ++row) {
		if (names.Text(row, 0) != "string") {
			throw Error(sqlstate::kInvalidParameterValue,
						"invalid value for option \"exclude_columns\": a column's name is no text",
						"The option takes a list of texts: such as [\"email\", \"phone\"].");
		}
		excluded.insert(names.Text(row, 1));
	}
	return excluded;
}

void
ReadColumnOptions(const OptionValues &options, MappingInput *mapping)
{
	mapping->exact = options.Text("on_loss") == "fail";
	mapping->naming = ParseColumnCase(options.Text("column_case"));
	mapping->excluded = ExcludedColumns(options);
	if (!options.IsGiven("column_types")) {
		return;
	}
	pg::SqlResult const wanted =
		pg::Sql("SELECT key, pg_catalog.jsonb_typeof(value), value OPERATOR(pg_catalog.#>>) '{}' "
				"FROM pg_catalog.jsonb_each($1::pg_catalog.jsonb)",
				{options.Text("column_types")});
	for (size_t row = 0; row < wanted.Rows(); ++row) {
		const std::string &column = wanted.Text(row, 0);
		if (wanted.Text(row, 1) != "string") {
			throw Error(
				sqlstate::kInvalidParameterValue,
				Format("invalid value for option \"column_types\": the type of column \"{}\" is no text", column),
				"The option takes an object of texts: such as {\"id\": \"bigint\"}.");
		}
		mapping->types.emplace(column, FindType(column, wanted.Text(row, 2)));
	}
}

void
ReadOwnColumns(const catalog::Pipeline &pipeline, const OptionValues &options, MappingInput *mapping)
{
	if (std::optional<LoadMode> const mode = ParseLoadMode(pipeline.load.value_or(""))) {
		mapping->own = OwnColumns(*mode, options);
	}
}

LoadStamp
StampOf(const std::string &run_id)
{
	// JSON's form of a time is the same under every DateStyle.
	return {run_id, pg::Sql("SELECT pg_catalog.to_jsonb(pg_catalog.now()) OPERATOR(pg_catalog.#>>) '{}'").Text(0, 0)};
}

void
AddLoadColumns(const OptionValues &options, const LoadStamp &stamp, MappingInput *mapping)
{
	if (options.Boolean("load_columns")) {
		mapping->stamped = true;
		mapping->columns = mapping->columns.value_or("source.*") +
						   Format("\n, CAST({} AS pg_catalog.uuid) AS _run_id, CAST({} AS pg_catalog.timestamptz) AS "
								  "_loaded_at",
								  pg::QuoteLiteral(stamp.run_id), pg::QuoteLiteral(stamp.loaded_at));
	}
}

void
CheckDiscardRow(const OptionValues &options)
{
	for (const char *option : {"on_new_column", "on_changed_type"}) {
		if (options.Text(option) == "discard_row" && options.Text("on_reject") != "quarantine") {
			throw Error(sqlstate::kInvalidParameterValue,
						Format("{} cannot be \"discard_row\" without on_reject => 'quarantine'", option),
						"Rows are put aside, not thrown away: add {\"on_reject\": \"quarantine\"} to options.");
		}
	}
	// Else most of what no longer fits would be rounded or cut, and loaded.
	if (options.Text("on_changed_type") == "discard_row" && options.Text("on_loss") != "fail") {
		throw Error(sqlstate::kInvalidParameterValue,
					"on_changed_type cannot be \"discard_row\" without on_loss => 'fail'",
					"Only then a value that its column would round or cut does not fit: add {\"on_loss\": \"fail\"} "
					"to options.");
	}
}

void
ReadLeaveOut(const catalog::Pipeline &pipeline, const OptionValues &options, bool has_loaded, MappingInput *mapping)
{
	CheckDiscardRow(options);
	mapping->named = pipeline.columns;
	// Before its first load a column that the destination lacks is no news but a mistake, unless it was asked for.
	if (options.Text("on_new_column") == "discard_value" && (options.IsGiven("on_new_column") || has_loaded)) {
		mapping->leave_out = LeaveOut::Unnamed;
	} else if (options.Text("on_new_column") == "discard_row") {
		mapping->leave_out = LeaveOut::WhereNull;
	}
}

} // namespace sluice::engine
