// What create_pipeline and alter_pipeline share: reading the arguments, applying them, and every check
// that needs no connection. Nothing is planned here (design rule 2).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// The arguments that both functions take, at the same positions. Nothing: not given.
struct Given {
	std::optional<std::string> source;
	std::optional<std::string> source_table;
	std::optional<std::string> source_query;
	std::optional<std::string> destination;
	std::optional<std::string> destination_table;
	std::optional<std::string> mode;
	std::optional<std::string> load;
	std::optional<std::string> columns;
	std::optional<std::string> filter;
	std::optional<std::string> schedule;
	std::optional<std::string> timezone;
	std::optional<std::vector<std::string>> depends_on; // as the caller names them
	std::optional<std::string> on_failure;
	std::optional<std::string> description;
	std::optional<std::string> tags; // array literal
	std::optional<std::string> status;
	std::optional<std::string> owner;
	std::optional<std::string> options; // JSON object

	bool ChangesGraph() const { return (depends_on && !depends_on->empty()) || on_failure; }
};

// Refuses what is not supported yet (0A000).
Given ReadGiven(FunctionCallInfo fcinfo);
// Ids of the pipelines named in depends_on and on_failure, as they are now.
std::vector<std::string> GivenTargets(const Given &given);
// Sets what is given, options key by key; the owner is left to the caller.
void Apply(const Given &given, catalog::Pipeline *pipeline);
// Clears what `reset` names; something both given and reset is an error.
void Reset(const std::vector<std::string> &reset, const Given &given, catalog::Pipeline *pipeline);

// Whether the caller names a source, a destination or columns, changed or not: then the next load is compared with
// none.
bool SaysWhatIsLoaded(const Given &given, const std::vector<std::string> &reset);

// Checks and completes. `before` is the stored definition, nothing for a new one: what has not changed is
// not looked at again. Tells in NOTICEs what it has chosen. Returns whether the load is now one that the
// user chose; nothing: as it was.
std::optional<bool> Complete(const Given &given, catalog::Pipeline *pipeline, const catalog::Pipeline *before);

// The search_path to store: of the session, or what is left of the stored one for a new owner.
std::string OwnSearchPath(const catalog::Pipeline &pipeline, const std::optional<std::string> &stored);

} // namespace sluice::api
