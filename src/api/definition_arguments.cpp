// Reading and applying the arguments of create_pipeline and alter_pipeline.

#include "api/arguments.hpp"
#include "api/definition.hpp"
#include "api/dependencies.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"

namespace sluice::api {

namespace {

// Positions in both functions; 0 is the name in one and the pipeline in the other.
enum Position {
	kSource = 1,
	kSourceTable,
	kSourceQuery,
	kDestination,
	kDestinationTable,
	kMode,
	kLoad,
	kKeyColumns,
	kCursorColumn,
	kColumns,
	kFilter,
	kSchedule,
	kTimezone,
	kDependsOn,
	kOnFailure,
	kDescription,
	kTags,
	kStatus,
	kOwner,
	kOptions
};

[[noreturn]] void
NotYet(const std::string &what, const std::string &hint)
{
	throw Error(sqlstate::kFeatureNotSupported, Format("{} is not supported yet", what), hint);
}

void
RefuseUnsupported(FunctionCallInfo fcinfo, const Given &given)
{
	constexpr const char *kLoadHint = "Use load => 'append' or load => 'replace'.";
	if (given.mode == "realtime") {
		NotYet("mode \"realtime\"", "Use mode => 'batch', with a schedule as often as every second.");
	}
	if (given.load == "merge" || given.load == "mirror" || given.load == "history") {
		NotYet(Format("load \"{}\"", *given.load), kLoadHint);
	}
	if (!ListArgument(fcinfo, kKeyColumns, "key_columns").value_or(std::vector<std::string>{}).empty()) {
		NotYet("key_columns", kLoadHint);
	}
	if (!PG_ARGISNULL(kCursorColumn)) {
		NotYet("cursor_column", "Select what is new with a filter, or load everything with load => 'replace'.");
	}
}

struct Column {
	const char *name;
	bool given;
	void (*clear)(catalog::Pipeline *);
};

std::vector<Column>
Resettable(const Given &given)
{
	using catalog::Pipeline;
	// What is not supported yet is always clear already.
	auto const nothing = [](Pipeline *) {};
	return {
		{"source", given.source.has_value(), [](Pipeline *p) { p->source.reset(); }},
		{"source_table", given.source_table.has_value(), [](Pipeline *p) { p->source_table.reset(); }},
		{"source_query", given.source_query.has_value(), [](Pipeline *p) { p->source_query.reset(); }},
		{"destination", given.destination.has_value(), [](Pipeline *p) { p->destination.reset(); }},
		{"destination_table", given.destination_table.has_value(), [](Pipeline *p) { p->destination_table.reset(); }},
		{"mode", given.mode.has_value(), [](Pipeline *p) { p->mode = "batch"; }},
		{"load", given.load.has_value(), [](Pipeline *p) { p->load.reset(); }},
		{"key_columns", false, nothing},
		{"cursor_column", false, nothing},
		{"columns", given.columns.has_value(), [](Pipeline *p) { p->columns.reset(); }},
		{"filter", given.filter.has_value(), [](Pipeline *p) { p->filter.reset(); }},
		{"schedule", given.schedule.has_value(), [](Pipeline *p) { p->schedule.reset(); }},
		{"timezone", given.timezone.has_value(), [](Pipeline *p) { p->timezone = pg::Settings::timezone; }},
		{"depends_on", given.depends_on.has_value(), [](Pipeline *p) { p->depends_on.clear(); }},
		{"on_failure", given.on_failure.has_value(), [](Pipeline *p) { p->on_failure.reset(); }},
		{"description", given.description.has_value(), [](Pipeline *p) { p->description.reset(); }},
		{"tags", given.tags.has_value(), [](Pipeline *p) { p->tags.reset(); }},
		{"status", given.status.has_value(), [](Pipeline *p) { p->status = "active"; }},
		{"options", given.options.has_value(), [](Pipeline *p) { p->options = "{}"; }},
	};
}

[[noreturn]] void
UnknownColumn(const std::string &name, const std::vector<Column> &columns)
{
	std::vector<std::string> names;
	for (const Column &column : columns) {
		names.emplace_back(column.name);
	}
	std::optional<std::string> const nearest = Nearest(name, names);
	throw Error(sqlstate::kInvalidParameterValue, Format("\"{}\" cannot be reset", name),
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : Format("These can: {}.", Join(names, ", ")));
}

void
RequireWithinBounds(const Given &given)
{
	auto const bounded = [](Text text, const char *argument, const std::optional<std::string> &value) {
		if (value) {
			RequireWithin(text, argument, *value);
		}
	};
	bounded(Text::Relation, "source_table", given.source_table);
	bounded(Text::Source, "source_query", given.source_query);
	bounded(Text::Relation, "destination_table", given.destination_table);
	bounded(Text::Expression, "columns", given.columns);
	bounded(Text::Expression, "filter", given.filter);
	bounded(Text::Schedule, "schedule", given.schedule);
	bounded(Text::TimeZone, "timezone", given.timezone);
	bounded(Text::Options, "options", given.options);
	if (given.depends_on) {
		RequireCount("depends_on", given.depends_on->size(), kMaxDependencies);
	}
	if (given.description) {
		CheckProse(Text::Description, "description", *given.description);
	}
}

} // namespace

Given
ReadGiven(FunctionCallInfo fcinfo)
{
	// An older catalog passes other arguments at these positions: its version is looked at before any of them.
	(void)pg::RequireExtension();
	Given given;
	given.source = Argument(fcinfo, kSource, NAMEOID);
	given.source_table = Argument(fcinfo, kSourceTable);
	given.source_query = Argument(fcinfo, kSourceQuery);
	given.destination = Argument(fcinfo, kDestination, NAMEOID);
	given.destination_table = Argument(fcinfo, kDestinationTable);
	given.mode = Argument(fcinfo, kMode);
	given.load = Argument(fcinfo, kLoad);
	given.columns = Argument(fcinfo, kColumns);
	given.filter = Argument(fcinfo, kFilter);
	given.schedule = Argument(fcinfo, kSchedule);
	given.timezone = Argument(fcinfo, kTimezone);
	given.depends_on = ListArgument(fcinfo, kDependsOn, "depends_on");
	given.on_failure = Argument(fcinfo, kOnFailure);
	given.description = Argument(fcinfo, kDescription);
	CheckTags(ListArgument(fcinfo, kTags, "tags").value_or(std::vector<std::string>{}));
	given.tags = Argument(fcinfo, kTags, TEXTARRAYOID);
	given.status = Argument(fcinfo, kStatus);
	given.owner = Argument(fcinfo, kOwner, NAMEOID);
	if (!PG_ARGISNULL(kOptions)) {
		given.options = ObjectArgument(fcinfo, kOptions, "options");
	}
	RefuseUnsupported(fcinfo, given);
	RequireWithinBounds(given);
	return given;
}

std::vector<std::string>
GivenTargets(const Given &given)
{
	std::vector<std::string> names = given.depends_on.value_or(std::vector<std::string>{});
	if (given.on_failure) {
		names.push_back(*given.on_failure);
	}
	return ResolveDependencies(names);
}

void
Apply(const Given &given, catalog::Pipeline *pipeline)
{
	auto const set = [](const std::optional<std::string> &value, auto *target) {
		if (value) {
			*target = *value;
		}
	};
	set(given.source, &pipeline->source);
	set(given.source_table, &pipeline->source_table);
	set(given.source_query, &pipeline->source_query);
	set(given.destination, &pipeline->destination);
	set(given.destination_table, &pipeline->destination_table);
	set(given.mode, &pipeline->mode);
	set(given.load, &pipeline->load);
	set(given.columns, &pipeline->columns);
	set(given.filter, &pipeline->filter);
	set(given.schedule, &pipeline->schedule);
	set(given.timezone, &pipeline->timezone);
	if (given.depends_on) {
		pipeline->depends_on = ResolveDependencies(*given.depends_on);
	}
	if (given.on_failure) {
		pipeline->on_failure = ResolveDependencies({*given.on_failure}).front();
	}
	set(given.description, &pipeline->description);
	set(given.tags, &pipeline->tags);
	set(given.status, &pipeline->status);
	if (given.options) {
		(void)catalog::ReadOptions(*given.options);
		pipeline->options = catalog::MergeOptions(pipeline->options, *given.options);
		RequireWithin(Text::Options, "options", pipeline->options);
	}
}

void
Reset(const std::vector<std::string> &reset, const Given &given, catalog::Pipeline *pipeline)
{
	std::vector<Column> const columns = Resettable(given);
	for (const std::string &name : reset) {
		auto const column =
			std::find_if(columns.begin(), columns.end(), [&name](const Column &each) { return name == each.name; });
		if (column == columns.end()) {
			UnknownColumn(name, columns);
		}
		if (column->given) {
			throw Error(sqlstate::kInvalidParameterValue, Format("\"{}\" is both set and reset", name),
						"Do one or the other.");
		}
		column->clear(pipeline);
	}
}

bool
SaysWhatIsLoaded(const Given &given, const std::vector<std::string> &reset)
{
	return given.source || given.source_table || given.source_query || given.destination || given.destination_table ||
		   given.columns || std::any_of(reset.begin(), reset.end(), [](const std::string &name) {
			   return name == "columns" || name.starts_with("source") || name.starts_with("destination");
		   });
}

} // namespace sluice::api
