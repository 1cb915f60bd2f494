#include "api/dependencies.hpp"

#include "catalog/pipeline_graph.hpp"
#include "core/dependency_graph.hpp"
#include "core/sqlstate.hpp"

namespace sluice::api {

namespace {

using catalog::GraphNode;
using catalog::Pipeline;

std::vector<std::string>
TargetsOf(const Pipeline &pipeline)
{
	std::vector<std::string> targets = pipeline.depends_on;
	if (pipeline.on_failure) {
		targets.push_back(*pipeline.on_failure);
	}
	return targets;
}

const GraphNode &
NodeOf(const std::vector<GraphNode> &graph, const std::string &id)
{
	auto const found = std::find_if(graph.begin(), graph.end(), [&id](const GraphNode &node) { return node.id == id; });
	if (found == graph.end()) {
		// Dropped by somebody a moment ago.
		throw catalog::NoSuchPipeline(id);
	}
	return *found;
}

void
RefuseCycle(const Pipeline &pipeline, const std::vector<GraphNode> &graph)
{
	Needs needs;
	for (const GraphNode &node : graph) {
		std::vector<std::string> &targets = needs[node.id] = node.depends_on;
		if (node.on_failure) {
			targets.push_back(*node.on_failure);
		}
	}
	needs[pipeline.id] = TargetsOf(pipeline);
	std::vector<std::string> const cycle = FindCycle(needs, pipeline.id);
	if (cycle.empty()) {
		return;
	}
	std::vector<std::string> labels;
	for (const std::string &id : cycle) {
		labels.push_back(id == pipeline.id ? pipeline.name : NodeOf(graph, id).label);
	}
	throw Error(sqlstate::kInvalidObjectDefinition, Format("pipeline \"{}\" would depend on itself", pipeline.name),
				"Take one of them out of depends_on, or out of on_failure.",
				Format("The cycle is {}.", Join(labels, " -> ")));
}

void
CheckFallback(const Pipeline &pipeline, const std::vector<GraphNode> &graph)
{
	if (pipeline.on_failure) {
		const GraphNode &fallback = NodeOf(graph, *pipeline.on_failure);
		if (fallback.on_failure) {
			throw Error(
				sqlstate::kInvalidParameterValue,
				Format("pipeline \"{}\" cannot be a fallback, because it has an on_failure of its own", fallback.label),
				"A fallback has no fallback: choose another pipeline, or reset its on_failure.");
		}
		if (!fallback.depends_on.empty()) {
			throw Error(
				sqlstate::kInvalidParameterValue,
				Format("pipeline \"{}\" cannot be a fallback, because it depends on other pipelines", fallback.label),
				"A fallback runs at once: choose another pipeline, or reset its depends_on.");
		}
		if (std::find(pipeline.depends_on.begin(), pipeline.depends_on.end(), fallback.id) !=
			pipeline.depends_on.end()) {
			throw Error(sqlstate::kInvalidParameterValue,
						Format("pipeline \"{}\" cannot both depend on \"{}\" and have it as on_failure", pipeline.name,
							   fallback.label),
						"When it starts, that one has run already: choose another pipeline as on_failure.");
		}
	}
	std::vector<std::string> const users = catalog::FallbackUsersOf(pipeline.id, GetUserId());
	if (!users.empty()) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("pipeline \"{}\" is a fallback and cannot have {}", pipeline.name,
						   pipeline.on_failure ? "an on_failure" : "depends_on"),
					"A fallback runs at once and has no fallback itself.",
					Format("It is the on_failure of {}.", Join(users, ", ")));
	}
}

} // namespace

std::vector<std::string>
ResolveDependencies(const std::vector<std::string> &identifiers)
{
	std::vector<std::string> ids;
	for (const std::string &identifier : identifiers) {
		std::string const id = catalog::ResolvePipeline(identifier, GetUserId()).id;
		if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
			ids.push_back(id);
		}
	}
	return ids;
}

void
CheckDependencies(const Pipeline &pipeline, const Pipeline *before)
{
	if (pipeline.schedule && !pipeline.depends_on.empty()) {
		throw Error(sqlstate::kInvalidParameterValue,
					Format("pipeline \"{}\" cannot have both a schedule and depends_on", pipeline.name),
					"It starts when the pipelines that it depends on are over: give the first of them the schedule, "
					"and reset one of the two here.");
	}
	std::vector<std::string> const targets = TargetsOf(pipeline);
	if (targets.empty() || (before != nullptr && targets == TargetsOf(*before) &&
							pipeline.depends_on.size() == before->depends_on.size())) {
		return;
	}
	std::vector<GraphNode> const graph = catalog::NeededBy(targets, GetUserId());
	for (const std::string &target : targets) {
		(void)NodeOf(graph, target);
	}
	RefuseCycle(pipeline, graph);
	CheckFallback(pipeline, graph);
}

void
RequireUnneeded(const Pipeline &pipeline)
{
	std::vector<std::string> const dependents = catalog::DependentsOf(pipeline.id, GetUserId());
	std::vector<std::string> const users = catalog::FallbackUsersOf(pipeline.id, GetUserId());
	if (dependents.empty() && users.empty()) {
		return;
	}
	std::vector<std::string> detail;
	if (!dependents.empty()) {
		detail.push_back(Format("In their depends_on: {}.", Join(dependents, ", ")));
	}
	if (!users.empty()) {
		detail.push_back(Format("As their on_failure: {}.", Join(users, ", ")));
	}
	throw Error(sqlstate::kDependentObjectsStillExist,
				Format("cannot drop pipeline \"{}\" because other pipelines need it", pipeline.name),
				"Drop those first, or change them with alter_pipeline.", Join(detail, " "));
}

} // namespace sluice::api
