// Typed access to pipeline_runs and pipeline_run_log. See pipeline_store.hpp for the rules.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_row.hpp"
#include "core/error.hpp"
#include "core/run_journal.hpp"

namespace sluice::catalog {

struct NewRun {
	std::string cause = "manual";	// 'manual', 'schedule', 'dependency', 'fallback'
	std::string status = "pending"; // 'pending', 'running' (CALL run_pipeline), 'skipped'
	std::optional<std::string> reason;
	std::string if_running = "queue";
	std::string context = "{}"; // JSON text; of a run of another batch that batch's
	std::optional<std::string> triggered_by;
	std::optional<TimestampTz> due_at;
	std::optional<std::string> batch;  // of another run; nothing: its own
	std::optional<std::string> repair; // see RunRow
	bool dependents = true;			   // a batch of its own: the pipelines that depend on this one follow
};
// Inserts the row and returns its id (uuid v7).
std::string InsertRun(const Pipeline &pipeline, const NewRun &run);

Error NoSuchRun(const std::string &id);
std::optional<RunRow> FindRun(const std::string &id, bool latest_snapshot = false);
// What it was triggered with, as JSON text; an error (54000) when it is larger than the settings allow now.
std::string ContextOf(const std::string &run_id);

// The id of a committed (or own) pending or running run of this pipeline, slices of a backfill aside, which let others
// go first; of any pipeline when pipeline_id is empty, those that are queued aside.
std::optional<std::string> ActiveRun(const std::string &pipeline_id);

// Names a source together with the owner whose user mapping reaches it.
std::string AccessKey(const std::string &source, Oid owner);
// What need not be looked at, because it would be refused.
struct NotNow {
	std::vector<std::string> pipelines; // that are running: their runs that want to queue
	std::vector<std::string> owners;	// OIDs
	std::vector<std::string> sources;
	std::vector<std::string> accesses; // AccessKey of each
};
// A pending run of this pipeline, slices of a backfill aside or with them.
std::optional<std::string> QueuedRun(const std::string &pipeline_id, bool with_slices);

// The last run of this pipeline, or attempt of one, that was not just skipped.
std::optional<std::string> LastRunMade(const std::string &pipeline_id);

// Pending runs of these owners whose time has come, so many of each, by priority, then oldest due first.
std::vector<RunRow> PendingRuns(const std::vector<Oid> &of, const NotNow &not_now, int limit);
// Says in a queued run's row why it waits; locked rows are passed over.
void NoteWaiting(const std::string &run_id, const std::string &reason);

// The run of this pipeline whose row says 'running'.
std::optional<std::string> RunningRun(const std::string &pipeline_id);

// Marks the other pending runs of this pipeline that do not want to queue as 'skipped', with them their
// batches are forgotten; rows that others hold locked are passed over. Returns how many.
int SkipDuplicates(const std::string &pipeline_id, const std::string &starting_run);
// Marks one pending run; false when it is no longer pending or is locked. status: 'skipped', 'stopped', 'failed'.
bool ClosePending(const std::string &run_id, const std::string &status, const std::string &reason);
// All pending runs of a pipeline that is dropped. Returns how many.
int ClosePendingOf(const std::string &pipeline_id, const std::string &status, const std::string &reason);
// The same for a pause: what is to find out about an earlier attempt stays, and only looks.
int PausePendingOf(const std::string &pipeline_id, const std::string &reason);
// The same for a stop: those that were queued up to that run, rows that others hold locked are passed over.
int StopPendingOf(const std::string &pipeline_id, const std::string &last_run, const std::string &reason);

// pending -> running, with start_time = now. False when it was not pending.
bool MarkRunning(const std::string &run_id, int version);

struct WatermarkMove {
	std::optional<std::string> rows; // see watermark.hpp
	std::string from;				 // the fingerprint of what it moves from
};

// How far a run came.
struct RunCounters {
	int64_t records_read = 0;
	int64_t records_processed = 0;
	int64_t records_failed = 0;
	int64_t records_inserted = 0;
	int64_t records_updated = 0;
	int64_t records_deleted = 0;
	int64_t records_unchanged = 0;
	int64_t records_duplicate = 0;
	int64_t records_filtered = 0;
	int64_t bytes_processed = 0;
	int64_t batches = 0;
	// Where it goes on from and how far its rows are loaded, in the words of the source; nothing where that is not
	// kept.
	std::optional<std::string> watermark_before;
	std::optional<std::string> watermark_after;
	// Of a read by a cursor: it moves from exactly there; nothing: it stays as it is, or is a continuous source's.
	std::optional<WatermarkMove> watermark_move;
	bool by_cursor = false;
};
// What a run that goes on commits together with the rows of a chunk: counters, watermark and log. False when it is not
// running any more.
bool RecordChunk(const std::string &run_id, const RunCounters &counters, const RunJournal &journal);
// That an attempt of the run has done so.
bool HasCommittedChunk(const std::string &root_run);
// How far the runs of a pipeline have loaded.
std::optional<std::string> Watermark(const std::string &pipeline_id);
void ForgetWatermark(const std::string &pipeline_id);

// The end of a run, with its journal; also pipeline_state. Success is written by the transaction that
// loaded the rows, anything else by a new one. Pending or running rows only; false otherwise.
bool FinishRun(const std::string &run_id, const std::string &status, const std::optional<std::string> &reason,
			   const std::optional<ErrorInfo> &error, const RunCounters &counters, const RunJournal &journal);

// Ids of rows that say 'running'.
std::vector<std::string> RunningRuns();
// Marks a running row whose process is gone as failed (SL004); false when it has ended meanwhile.
bool MarkLost(const std::string &run_id, const std::string &reason);
// What a lost run may have left behind, as a hint: nothing, unless its destination is another server.
std::string HintOnLost(const std::string &run_id);

// The id of the last attempt, as it is now; nothing when its history was deleted.
std::optional<std::string> LastAttempt(const std::string &root_run);
// The final status of a run, following retries to the last attempt; nothing while it is not over, an error (42704) when
// its history was deleted. Reads what is committed now, whatever the transaction's snapshot.
std::optional<std::string> FinalStatus(const std::string &root_run);
// The same for who has waited: the next statement finds all that the run has made.
std::optional<std::string> AwaitedStatus(const std::string &root_run);
// How the last attempt of a run ended that did not succeed; nothing when its history was deleted.
struct RunFailure {
	std::string id;
	std::string pipeline_name;
	std::string status;
	std::string reason;
	int attempt = 1;
	std::string sqlstate; // empty: it was stopped or skipped, or could not even start
	std::string message;
	std::string detail;
	std::string hint;
	std::string context;
	bool is_seen = true; // by the role that asks
};
std::optional<RunFailure> FailureOf(const std::string &root_run, Oid role);

} // namespace sluice::catalog
