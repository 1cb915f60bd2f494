// explain_pipeline.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/rights.hpp"
#include "engine/run.hpp"

namespace {

namespace api = sluice::api;
using sluice::catalog::Pipeline;

std::vector<std::string>
DefinitionLines(const Pipeline &pipeline, std::string why)
{
	std::vector<std::string> lines;
	auto const add = [&lines](const char *what, const std::optional<std::string> &value) {
		if (value) {
			lines.push_back(sluice::Format("{}: {}", what, *value));
		}
	};
	add("source", pipeline.source);
	add("source_table", pipeline.source_table);
	add("source_query", pipeline.source_query);
	add("destination", pipeline.destination);
	add("destination_table", pipeline.destination_table);
	add("load", pipeline.load);
	add("columns", pipeline.columns);
	add("filter", pipeline.filter);
	add("command", pipeline.command);
	lines.push_back(std::move(why));
	return lines;
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_explain_pipeline)
{
	Pipeline const found = api::FindForUse(pipeline);
	std::vector<std::string> lines;
	if (api::MaySetRoleTo(found.owner_oid) && api::MayNotConnect(found)) {
		lines = DefinitionLines(
			found,
			sluice::Format("What a run would do is not shown: the servers of role \"{}\" are not connected to in a "
						   "superuser's session. Connect as that role, or as a member of it, to see it.",
						   found.owner));
	} else if (api::MaySetRoleTo(found.owner_oid)) {
		api::LookAsOwner(found, [&found, &lines] { lines = sluice::engine::ExplainRun(found); });
	} else {
		lines = DefinitionLines(
			found, sluice::Format("What a run would do is shown to those who may SET ROLE to its owner, role \"{}\".",
								  found.owner));
	}
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const std::string &line : lines) {
		rows.push_back({line});
	}
	return api::RowsResult(fcinfo, rows);
}
