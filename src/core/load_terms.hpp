// The facts that a load is planned from, and the plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/parallel_choice.hpp"
#include "core/row_limit.hpp"

namespace sluice {

enum class LoadMode { Append, Replace, Merge, Mirror, History };

// Nothing when it is not supported.
std::optional<LoadMode> ParseLoadMode(std::string_view text);
const char *NameOf(LoadMode mode);
// Rows find those that are there by their keys.
bool FindsByKeys(LoadMode mode);
// They are compared with all that are there, and what is gone from the source is seen.
bool Compares(LoadMode mode);

enum class LoadPath {
	Append,			// table_multi_insert
	AppendRouted,	// the same, into the partitions
	AppendCreated,	// the same, into a table made by this run: frozen rows
	ReplaceSwap,	// a new heap, swapped in
	ReplaceRouted,	// new heaps of the partitions, swapped in together
	ReplaceInPlace, // DELETE, then table_multi_insert
	Sql,			// INSERT ... SELECT, after DELETE when replacing
	Remote,			// COPY into a table at another server
	Merge,			// by SQL, from a temporary table
	Mirror,			// the same, and what is gone goes
	History,		// the same, and each change is another version
};

bool IsSwap(LoadPath path);
bool IsAppend(LoadPath path); // to what is there already
bool WritesNewFile(LoadPath path);

enum class MergeStrategy { Upsert, InsertOnly, DeleteInsert };

// How rows find the ones that are there.
struct MergePlan {
	std::vector<std::string> keys; // columns of the destination
	std::string key_index;		   // unique, on these columns; '': there is none
	MergeStrategy strategy = MergeStrategy::Upsert;
	bool last_wins = false;		  // of rows with the same key and cursor; else they are an error
	bool memory_is_given = false; // by the user, for sorts and hashes

	std::string KeyList() const; // "id, at"
};

// Which rows are compared with the source's, and what becomes of those that are gone from it.
struct ComparePlan {
	std::string scope;		 // a condition on the destination's rows; '': all of them count
	std::string mark_column; // gone rows are marked there; '': they are deleted
	bool mark_is_time = false;
	std::string max_deletes;   // as the user wrote it
	bool may_be_empty = false; // the source, also that of a replace
	bool finds_gone = true;	   // the extract is full
	// Of a history.
	std::string valid_from;
	std::string valid_to;
	std::string current;

	bool Allows(int64_t gone, int64_t of_rows) const;
};

// What a run holds on the destination before it reads anything; the later includes the earlier.
enum class LoadLock {
	None, // nobody else sees it, or it is at another server, which locks what its statements write
	Write,
	KeepWritersOut,
};

// Reasons are empty where nothing speaks against it.
struct LoadFacts {
	LoadMode mode = LoadMode::Append;

	// The destination.
	std::string name;	  // as users are told it
	std::string table;	  // as a statement there calls it, where that is another name
	bool remote = false;  // at another server
	bool created = false; // by this run
	bool is_table = true; // with partitions or without: it can be analyzed
	bool partitioned = false;
	bool empty = false;
	int index_count = 0;				   // of all partitions, if it has any
	std::vector<std::string> foreign_keys; // that a load without SQL checks
	// Those that wait for the end of the caller's transaction.
	std::vector<std::string> deferred_keys;
	bool may_defer = false;		   // in the caller's transaction, which says when such keys are checked
	bool refers_to_itself = false; // by one of all these
	std::string needs_sql;
	std::string no_try;	 // why rows that SQL or another server inserts cannot be tried and rolled back
	std::string no_swap; // why its rows are replaced in place
	std::string no_fill; // why it is not filled by a swap while it is empty
	std::string no_walk; // why rows cannot find those that are there as they come
	std::string in_use;	 // why writers cannot be kept out of it now, as was tried for that

	// One that this run creates.
	std::string decoded; // why rows must reach logical decoding
	std::string not_new_file;
	std::string not_shaped; // why others cannot make a table like it

	// The query.
	bool by_cursor = false;		 // rows are asked for by the values of a column
	bool over_wire = false;		 // rows come from a server in batches
	std::string query_needs_sql; // why such rows are staged before columns and filter are applied

	MergePlan merge;
	ComparePlan compare;

	// The options.
	bool direct = true;
	bool keep_indexes = false;
	bool analyze = true;
	bool quarantine = false; // rows that do not fit are put aside
	bool has_unique = false; // an index of the destination can refuse rows
	// Why a merge cannot tell before it writes whether a row fits.
	std::string unforeseen;

	ParallelFacts parallel; // the obstacle: of the source, the query and this process
};

struct LoadPlan {
	LoadMode mode = LoadMode::Append;
	LoadPath path = LoadPath::Sql;
	LoadLock lock = LoadLock::None;
	// An append to an empty table that takes the way of a replace. Nobody may write to it then, which is tried without
	// waiting; where it cannot be had, that is a fact (in_use) and it is planned again.
	bool fills_empty = false;
	// A replace that would take rows away and bring none fails.
	bool refuses_empty = false;
	bool puts_aside = false; // rows that do not fit
	bool may_defer = false;	 // in the caller's transaction, which says when constraints are checked
	bool direct = false;	 // pages are built directly
	bool analyze = false;	 // the destination, which has new rows alone
	int streams = 1;
	bool staged = false; // the source's rows go into a temporary table first
	bool walks = false;	 // rows find those that are there as they come, beside a walk through the destination's heap

	MergePlan merge;
	ComparePlan compare;
	std::vector<std::string> warnings;
	std::string streams_reason;	   // '': nobody asked for more than one
	std::vector<std::string> told; // the rest, with its reasons

	// What the log of a run and explain_pipeline say of it, besides the warnings. pieces: what the streams share out,
	// "12 ranges of pages".
	std::vector<std::string> Lines(const std::string &pieces) const;
};

} // namespace sluice
