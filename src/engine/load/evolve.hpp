// What a pipeline's drift policy changes in the destination before a load: columns that are new at the source, types
// that have become wider, a NOT NULL that a column without values is in the way of. Never the other way round.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

struct WiderType {
	Oid type = InvalidOid; // there is none
	int32 modifier = -1;
	std::string text;
};

struct Evolution {
	// For all of it, so that a table that has to be written anew is written once; '' where nothing changes.
	std::string statement;
	std::vector<int> added; // columns of the query
	std::map<std::string, WiderType> widened;
	std::set<std::string> nullable; // which were not
};

// Only where the options say evolve and the destination is a table of this database. Takes no lock that it keeps.
Evolution PlanEvolution(const catalog::Pipeline &pipeline, const OptionValues &options, const MappedQuery &query,
						const Destination &destination, const std::vector<catalog::LoadedColumn> &last);

// Runs it under ACCESS EXCLUSIVE, which the current transaction keeps. Throws Error.
void Evolve(const std::string &statement, const std::string &destination_table, const LockPatience &patience,
			RunJournal &journal);

} // namespace sluice::engine
