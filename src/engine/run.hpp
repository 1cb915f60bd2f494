// The engine's face: one run from source to destination, inside transactions of the caller, as the current
// user (who is the pipeline's owner). Everything that decides how rows travel is below this header.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/backfill.hpp"
#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"
#include "core/run_journal.hpp"
#include "engine/parallel/parallel_host.hpp"
#include "engine/rows/row_json.hpp"
#include "engine/run_progress.hpp"
#include "engine/source/kept_input.hpp"
#include "engine/target/pending_commit.hpp"

namespace sluice::engine {

struct RunRequest {
	const catalog::Pipeline &pipeline;
	std::string run_id;
	ProgressSink progress = nullptr;
	// The first attempt of the same run; '' in the caller's own transaction (CALL run_pipeline).
	std::string root_run = {};
	// An earlier attempt may have committed its rows at the destination server: find out and load nothing.
	bool only_look = false;
	const ParallelHost *streams = nullptr;			// NULL: the run is made by this process alone
	std::optional<catalog::CursorSlice> slice = {}; // of a backfill
	std::optional<std::string> repair = {};			// kRepairKeeps or kRepairDeletes; nothing: it is none
};

struct ChunkResult {
	std::unique_ptr<PendingCommit> elsewhere; // NULL: nothing
	std::optional<std::string> reason;		  // to be told with the success
	Oid created = InvalidOid;				  // the destination, if the run made it
	bool over = true;						  // the run, with this chunk
	// Nothing was loaded: by this statement the destination is to be altered in a transaction of its own, and then it
	// begins again. '': it was.
	std::string change;
};

// What of a run outlives a transaction: the connection to a source that goes on. The request, the journal, which
// outlives the results too, and the counters, which are kept up to date so that a failure can tell how far it came, all
// outlive it.
class LoadSession {
public:
	LoadSession(const RunRequest &request, RunJournal &journal, catalog::RunCounters *counters);

	// Loads what there is. Throws Error on any failure; the caller aborts the transaction, and this session is over.
	ChunkResult LoadChunk();
	// The statement of such a chunk, in the current transaction. Throws Error.
	void ChangeDestination(const std::string &statement);
	// Outside any transaction, after a chunk that was not the last: waits until the source has more, interruptible.
	void AwaitMore();

private:
	ChunkResult Load();
	bool IsBeginning(const OptionValues &options) const;
	RunInput &GoOn(const OptionValues &options);

	const RunRequest &request_;
	RunJournal &journal_;
	catalog::RunCounters *const counters_;
	std::optional<KeptInput> kept_;				// of a run that goes on
	std::optional<catalog::Pipeline> repaired_; // as a repair takes it; also for the commit elsewhere
	bool first_ = true;							// no chunk is loaded yet
};

// What a run would do, one line each: remote query, path chosen and why, DDL it would run. Connects to
// a PostgreSQL source; writes nothing.
std::vector<std::string> ExplainRun(const catalog::Pipeline &pipeline);

// The first rows of a run as they would be loaded, out->most of them, one JSON object of the columns that the source
// feeds each. Connects; writes nothing.
void PreviewRun(const catalog::Pipeline &pipeline, leaf::JsonRows *out);

// Checks of create and alter that need no connection, both inside a security-restricted operation as the owner. They
// throw Error.
// What a run needs wherever its source is: a command is SQL that a run can make; columns and filter are a select list
// and a condition; server, USAGE, and a user mapping that could connect; the destination, or the right to create it.
void CheckDefinition(const catalog::Pipeline &pipeline);
// That the source's names are there and its columns fit the destination, where the source is this database. Parse
// analysis alone. 42P01 where a relation is missing. starts_afresh: the next load is compared with none.
void AnalyzeDefinition(const catalog::Pipeline &pipeline, bool starts_afresh);
// Rights that the owner lacks and a GRANT gives: to read the source and load into the destination, where both are here,
// and to create temporary tables where rows go through one. Whole tables, or any column of them, alone.
struct MissingRight {
	std::string message;
	std::string hint;
};
std::vector<MissingRight> MissingRights(const catalog::Pipeline &pipeline);

} // namespace sluice::engine
