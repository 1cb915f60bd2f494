// What a load may lose: values by the types of its columns, and what the last load still found at the source.
#pragma once

#include <string>
#include <vector>

#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_store.hpp"
#include "core/assignment_loss.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// The query's columns, as the next load compares its own with them.
std::vector<catalog::LoadedColumn> ShapeOf(const MappedQuery &query);

// Throws 42703 where a column of the last load is gone whose values the destination still has, 42804 where the type of
// one has changed and values no longer fit without loss.
void CheckDrift(const catalog::Pipeline &pipeline, const std::vector<catalog::LoadedColumn> &last,
				const MappedQuery &query, const Destination &destination, const ColumnMatch &match);

// For each column whose values may be changed by the assignment, or may fail, what a run and explain_pipeline say.
struct LossLine {
	bool warning;
	std::string text;
};
std::vector<LossLine> LossLines(const MappedQuery &query, const Destination &destination, const ColumnMatch &match);
// The changed ones for a table of this database that is loaded as it is, without asking anything but the catalogs.
// destination_table: the name of destination, which may have been dropped since it was found.
std::vector<std::string> LossesBetween(const std::string &source_table, Oid destination,
									   const std::string &destination_table, const std::string &timezone);

} // namespace sluice::engine
