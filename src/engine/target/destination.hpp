// The relation that a run loads: found, or created from the source's columns; what a load's plan has to know of it; and
// the locks that the plan asks for.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "engine/target/created_table.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/transform/column_match.hpp"

namespace sluice::engine {

class RemoteDestination;

struct Destination {
	RemoteDestination *remote = nullptr; // at another server; then only it, the name and what it created count
	Oid oid = InvalidOid;
	std::string name; // qualified
	LoadMode mode = LoadMode::Append;
	bool created = false;
	std::vector<std::string> indexes; // of one that was created here: statements for when the rows are there
	Relation relation = nullptr;
	leaf::TableTraits traits{};
	std::vector<std::string> keys; // by which rows are found
	MergeStrategy strategy = MergeStrategy::Upsert;
	bool deletes = false; // of a mirror: rows that are gone are not marked
};

// Throws Error where it is none that is supported, or lacks its keys.
LoadMode LoadModeOf(const catalog::Pipeline &pipeline);
MergeStrategy MergeStrategyOf(const OptionValues &options);

// Finds the relation and checks its kind; oid stays InvalidOid when there is none. Takes no lock.
Destination FindDestination(const catalog::Pipeline &pipeline);

// NULL where none is called so.
Form_pg_attribute FindAttribute(TupleDesc row_type, const std::string &column);

// Raise 42501 unless the current user may load into the destination, which exists: INSERT, and what the mode needs
// beside it. match: of the columns that are loaded; NULL: not known yet, and a right to any will do.
void CheckLoadRights(const Destination &destination, const ColumnMatch *match = nullptr);
void CheckRightsBesideInsert(const Destination &destination, const ColumnMatch *match = nullptr);

void CreateDestination(const catalog::Pipeline &pipeline, const MappedQuery &query, const CreatedTable &table,
					   Destination *destination, RunJournal &journal);

// The relation is open, or still to be created by a run.
void ReadTargetFacts(Destination *destination, LoadFacts *facts);

// Before anything is read, takes the lock that the plan of these facts asks for, and opens the relation. The facts are
// those under the lock, which is returned.
LoadLock LockDestination(const catalog::Pipeline &pipeline, Destination *destination, LoadFacts *facts,
						 const LockPatience &patience, RunJournal &journal);
// To fill an empty table by a swap, without waiting. The facts are those under the lock, or say that it is in use.
void TryToKeepWritersOut(Destination *destination, LoadFacts *facts);

// Before anything is read, where the plan of these facts deletes rows that are published without a replica identity.
// Throws Error 55000.
void CheckReplaceByDelete(const Destination &destination, const LoadFacts &facts);

// What is gone from the source of one pipeline may have come from another one's. Throws Error 22023 where such a load
// has no scope.
void CheckAlone(const catalog::Pipeline &pipeline, const Destination &destination, const ComparePlan &compare);

// Whether a replace that nobody asked for would meet a table that the pipeline did not create, and the error for it.
bool RefusesReplace(const catalog::Pipeline &pipeline, const Destination &destination);
Error ReplaceNotChosen(const Destination &destination);

} // namespace sluice::engine
