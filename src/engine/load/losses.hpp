// What a load may lose: values by the types of its columns, and what the last load still found at the source.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "catalog/loaded_shape.hpp"
#include "catalog/pipeline_store.hpp"
#include "core/assignment_loss.hpp"
#include "core/option_registry.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

// The query's columns, as the next load compares its own with them.
std::vector<catalog::LoadedColumn> ShapeOf(const MappedQuery &query);

// Columns of the destination that are never left without values: keys and the cursor.
std::set<std::string> KeysOf(const catalog::Pipeline &pipeline, Relation destination);
// Throws 42703 where a column of the last load is gone whose values the destination still has, as far as
// on_missing_column says so. The relation is open, or elsewhere and prepared.
void CheckGone(const catalog::Pipeline &pipeline, const OptionValues &options,
			   const std::vector<catalog::LoadedColumn> &last, const MappedQuery &query, const Destination &destination,
			   RunJournal &journal);
// Whether the type of a column has changed since it was loaded last, so that its values no longer fit into one of the
// destination.
bool HasDrifted(const MappedQuery &query, int column, const catalog::LoadedColumn &before, Oid type, int32 modifier);
// Throws 42804 where that is so, or logs it where on_changed_type leaves it to the rows.
void CheckDrift(const catalog::Pipeline &pipeline, const OptionValues &options,
				const std::vector<catalog::LoadedColumn> &last, const MappedQuery &query,
				const Destination &destination, const ColumnMatch &match, RunJournal &journal);

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
