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

using catalog::Pipeline;
using catalog::PipelineColumn;

// False: the argument is not given.
bool
ReadArgument(FunctionCallInfo fcinfo, int position, const PipelineColumn &column, Pipeline *values)
{
	if (column.argument == TEXTARRAYOID) {
		std::optional<std::vector<std::string>> list = ListArgument(fcinfo, position, column.name);
		if (!list) {
			return false;
		}
		if (column.bound == Text::Tag) {
			CheckTags(*list);
		}
		if (const auto *names = std::get_if<std::vector<std::string> Pipeline::*>(&column.member)) {
			values->**names = *std::move(list);
			return true;
		}
	}
	std::optional<std::string> const text = Argument(fcinfo, position, column.argument);
	if (!text) {
		return false;
	}
	SetCell(column, column.argument == JSONBOID ? ObjectArgument(fcinfo, position, column.name) : *text, values);
	return true;
}

void
RequireWithinBounds(const Given &given)
{
	for (const PipelineColumn *column : given.columns) {
		if (!column->bound || column->argument == TEXTARRAYOID) {
			continue;
		}
		std::string const text = CellOf(*column, given.values).value_or("");
		if (column->bound == Text::Description) {
			CheckProse(*column->bound, column->name, text);
		} else {
			RequireWithin(*column->bound, column->name, text);
		}
	}
	RequireCount("depends_on", given.values.depends_on.size(), kMaxDependencies);
}

// Nothing: there is none, or it has no default to go back to.
const PipelineColumn *
FindResettable(const std::string &name)
{
	for (const PipelineColumn &column : catalog::PipelineColumns()) {
		if (column.Is(catalog::kResettable) && name == column.name) {
			return &column;
		}
	}
	return nullptr;
}

[[noreturn]] void
NotResettable(const std::string &name)
{
	std::vector<std::string> names;
	for (const PipelineColumn &column : catalog::PipelineColumns()) {
		if (column.Is(catalog::kResettable)) {
			names.emplace_back(column.name);
		}
	}
	std::optional<std::string> const nearest = Nearest(name, names);
	throw Error(sqlstate::kInvalidParameterValue, Format("\"{}\" cannot be reset", name),
				nearest ? Format("Perhaps you meant \"{}\".", *nearest) : Format("These can: {}.", Join(names, ", ")));
}

} // namespace

bool
Given::Has(catalog::PipelineMember member) const
{
	return std::any_of(columns.begin(), columns.end(),
					   [&member](const PipelineColumn *column) { return column->member == member; });
}

Pipeline
Defaults()
{
	Pipeline pipeline;
	pipeline.timezone = pg::Settings::timezone;
	return pipeline;
}

Given
ReadGiven(FunctionCallInfo fcinfo)
{
	// An older catalog passes other arguments at these positions: its version is looked at before any of them.
	(void)pg::RequireExtension();
	Given given;
	int position = 0;
	for (const PipelineColumn &column : catalog::PipelineColumns()) {
		if (OidIsValid(column.argument) && ReadArgument(fcinfo, ++position, column, &given.values)) {
			given.columns.push_back(&column);
		}
	}
	CheckGiven(given);
	return given;
}

Given
ReadGivenOf(FunctionCallInfo fcinfo, int position, std::initializer_list<catalog::PipelineMember> members)
{
	(void)pg::RequireExtension();
	Given given;
	for (const catalog::PipelineMember member : members) {
		const PipelineColumn &column = catalog::ColumnOf(member);
		if (ReadArgument(fcinfo, position++, column, &given.values)) {
			given.columns.push_back(&column);
		}
	}
	CheckGiven(given);
	return given;
}

void
CheckGiven(const Given &given)
{
	RequireWithinBounds(given);
}

int
PositionAfterGiven()
{
	auto const columns = catalog::PipelineColumns();
	return 1 + static_cast<int>(std::count_if(columns.begin(), columns.end(), [](const PipelineColumn &column) {
			   return OidIsValid(column.argument);
		   }));
}

std::vector<std::string>
GivenTargets(const Given &given)
{
	std::vector<std::string> names = given.values.depends_on;
	if (given.values.on_failure) {
		names.push_back(*given.values.on_failure);
	}
	return ResolveDependencies(names);
}

void
Apply(const Given &given, Pipeline *pipeline)
{
	Pipeline values = given.values;
	values.depends_on = ResolveDependencies(values.depends_on);
	if (values.on_failure) {
		values.on_failure = ResolveDependencies({*values.on_failure}).front();
	}
	if (given.Has(&Pipeline::options)) {
		(void)catalog::ReadOptions(values.options);
		values.options = catalog::MergeOptions(pipeline->options, values.options);
		RequireWithin(Text::Options, "options", values.options);
	}
	values.owner = pipeline->owner;
	for (const PipelineColumn *column : given.columns) {
		CopyCell(*column, values, pipeline);
	}
}

void
Reset(const std::vector<std::string> &reset, const Given &given, Pipeline *pipeline)
{
	Pipeline const defaults = Defaults();
	for (const std::string &name : reset) {
		const PipelineColumn *column = FindResettable(name);
		if (column == nullptr) {
			NotResettable(name);
		}
		if (given.Has(column->member)) {
			throw Error(sqlstate::kInvalidParameterValue, Format("\"{}\" is both set and reset", name),
						"Do one or the other.");
		}
		CopyCell(*column, defaults, pipeline);
	}
}

bool
SaysWhatIsLoaded(const Given &given, const std::vector<std::string> &reset)
{
	auto const says = [](const PipelineColumn *column) { return column->Is(catalog::kLoaded); };
	return std::any_of(given.columns.begin(), given.columns.end(), says) ||
		   std::any_of(reset.begin(), reset.end(),
					   [&says](const std::string &name) { return says(FindResettable(name)); });
}

} // namespace sluice::api
