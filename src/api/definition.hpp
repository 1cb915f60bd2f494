// What create_pipeline and alter_pipeline share: reading the arguments, applying them, and every check
// that needs no connection. Nothing is planned here (design rule 2).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline_columns.hpp"
#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// The arguments that both functions take, at the same positions.
struct Given {
	// depends_on and on_failure as the caller names them, options as they are given.
	catalog::Pipeline values;
	std::vector<const catalog::PipelineColumn *> columns; // those that are given

	bool Has(catalog::PipelineMember member) const;
	bool ChangesGraph() const { return !values.depends_on.empty() || values.on_failure; }
};

// What create_pipeline begins with, and what a reset goes back to.
catalog::Pipeline Defaults();

// Refuses what is not supported yet (0A000).
Given ReadGiven(FunctionCallInfo fcinfo);
// Those of a function that takes only these, the first of them at that position.
Given ReadGivenOf(FunctionCallInfo fcinfo, int position, std::initializer_list<catalog::PipelineMember> members);
// Refuses what is not supported yet (0A000) or beyond its bound (54000).
void CheckGiven(const Given &given);
// The keys of a definition, as apply_pipeline takes it: checked as the arguments are; a null is as if it were not
// there. The name is always among them.
Given ReadDefinition(const std::string &definition);
// The argument after them.
int PositionAfterGiven();
// Ids of the pipelines named in depends_on and on_failure, as they are now.
std::vector<std::string> GivenTargets(const Given &given);
// Sets what is given, options key by key; the owner is left to the caller.
void Apply(const Given &given, catalog::Pipeline *pipeline);
// Clears what `reset` names; something both given and reset is an error.
void Reset(const std::vector<std::string> &reset, const Given &given, catalog::Pipeline *pipeline);

// Whether the caller names a source, a destination or columns, changed or not: then the next load is compared with
// none.
bool SaysWhatIsLoaded(const Given &given, const std::vector<std::string> &reset);

// Checks and completes; owner and search_path are set. `before` is the stored definition, nothing for a new one: what
// has not changed is not looked at again. Tells in NOTICEs what it has chosen.
void Complete(const Given &given, catalog::Pipeline *pipeline, const catalog::Pipeline *before);

// The search_path to store: what the owner can trust of `path`, or of the session's.
std::string OwnSearchPath(const catalog::Pipeline &pipeline, const std::optional<std::string> &path);

} // namespace sluice::api
