// The relation that a run loads: found, or created from the source's columns; locked as the load needs it;
// and the way in which rows may enter it.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/transform/column_match.hpp"

namespace sluice::engine {

enum class LoadPath {
	Append,			// table_multi_insert
	AppendRouted,	// the same, into the partitions
	AppendCreated,	// the same, into a table made by this run: frozen rows
	ReplaceSwap,	// a new heap, swapped in
	ReplaceRouted,	// new heaps of the partitions, swapped in together
	ReplaceInPlace, // DELETE, then table_multi_insert
	Sql,			// INSERT ... SELECT, after DELETE when replacing
};

class RemoteDestination;

struct Destination {
	RemoteDestination *remote = nullptr; // at another server; then only it and the name count
	Oid oid = InvalidOid;
	std::string name; // qualified
	bool created = false;
	bool replace = false;
	bool may_defer = false;	  // in the caller's transaction, which says when deferrable constraints are checked
	bool analyze = false;	  // what replaces its rows is to be analyzed
	bool analyzed = false;	  // the load has done so
	bool fills_empty = false; // an append to an empty table that takes the way of a replace
	Relation relation = nullptr;
	leaf::TableTraits traits{};
	LoadPath path = LoadPath::Sql;
	std::string reason;		// of the path
	bool direct = false;	// pages are built directly (direct_load.hpp)
	std::string not_direct; // why they are not, where the path would allow it
};

// Finds the relation and checks its kind; oid stays InvalidOid when there is none. Takes no lock.
Destination FindDestination(const catalog::Pipeline &pipeline);

// CREATE TABLE from the query's columns.
void CreateDestination(const catalog::Pipeline &pipeline, const MappedQuery &query, Destination *destination,
					   RunJournal &journal);

// Takes the lock that the load needs, before anything is read, and opens the relation.
void LockDestination(const catalog::Pipeline &pipeline, Destination *destination, const LockPatience &patience,
					 RunJournal &journal);

// Decides the path. The relation is open.
void ChoosePath(Destination *destination);

// An append to an empty table with indexes becomes a swap where that can be done at once, so that the indexes are
// built after the load, unless the option `indexes` says no. Takes the lock for it; after ChoosePath.
void FillIfEmpty(const OptionValues &options, Destination *destination, RunJournal &journal);
// Why an append to an empty table is not such a swap, as far as can be told without locks; '' when it may be.
std::string WhyNotFilled(const OptionValues &options, const Destination &destination);

// Makes an append to an empty plain table a swap; '' when it is one now, else why it cannot be.
std::string TakeToFill(const OptionValues &options, Destination *destination);

// The path and its reason, for the log and explain_pipeline.
std::string PathText(const Destination &destination);

} // namespace sluice::engine
