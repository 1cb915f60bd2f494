#include "api/definition_store.hpp"

#include "api/arguments.hpp"
#include "api/due_time.hpp"
#include "catalog/adoption.hpp"
#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_options.hpp"
#include "catalog/pipeline_schedule.hpp"
#include "catalog/statement.hpp"
#include "worker/control.hpp"

namespace sluice::api {

namespace {

using catalog::Pipeline;

// An unchanged schedule keeps a due time that has come but was not served yet.
std::optional<TimestampTz>
NextDueAfterChange(const Pipeline &now, const Pipeline &before)
{
	if (now.parked) {
		return std::nullopt;
	}
	bool const unchanged = catalog::HaveSameSchedule(now, before) && now.status == before.status;
	if (unchanged && !now.paused) {
		if (std::optional<TimestampTz> const known = catalog::NextDueOf(now.id)) {
			return known;
		}
	}
	return NextDue(now);
}

} // namespace

bool
ColumnOptionsChanged(const Pipeline &now, const Pipeline &before)
{
	if (now.options == before.options) {
		return false;
	}
	OptionValues const options = catalog::ReadOptions(now.options);
	OptionValues const old_options = catalog::ReadOptions(before.options);
	return options.Text("column_case") != old_options.Text("column_case") ||
		   options.Text("column_types") != old_options.Text("column_types") ||
		   options.Text("transform") != old_options.Text("transform") ||
		   options.Text("exclude_columns") != old_options.Text("exclude_columns") ||
		   options.Boolean("load_columns") != old_options.Boolean("load_columns");
}

Pipeline
MakePipeline(const std::string &name, const Owner &owner, const Given &given)
{
	Pipeline pipeline = Defaults();
	pipeline.name = name;
	pipeline.id = catalog::NewId();
	pipeline.owner_oid = owner.oid;
	pipeline.owner = owner.name;
	Apply(given, &pipeline);
	bool const path_given = given.Has(&Pipeline::search_path);
	pipeline.search_path =
		OwnSearchPath(pipeline, path_given ? std::optional<std::string>(given.values.search_path) : std::nullopt);
	Complete(given, &pipeline, nullptr);
	return pipeline;
}

bool
StoreNew(const Pipeline &pipeline)
{
	if (!catalog::InsertPipeline(pipeline, NextDue(pipeline))) {
		return false;
	}
	if (catalog::AnyParked()) {
		Warning("other pipelines of this database are parked, because it is a copy of the one in which they were "
				"defined",
				kAdoptHint);
	}
	worker::PokeAtCommit();
	return true;
}

void
StoreChange(const Pipeline &now, const Pipeline &before, bool new_shape)
{
	catalog::UpdatePipeline(now, NextDueAfterChange(now, before));
	if (new_shape || ColumnOptionsChanged(now, before)) {
		catalog::RememberShape(now.id, {});
	}
	if (catalog::Differ(now, before, catalog::kBetween)) {
		catalog::ForgetWatermark(now.id);
	}
	WarnIfParked(now);
	worker::PokeAtCommit();
}

} // namespace sluice::api
