// What the scheduler reads and writes when it draws the consequences of runs that have ended. No statement
// here waits for a lock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/run_store.hpp"

namespace sluice::catalog {

struct EndedRun {
	std::string id;
	std::string batch;
	std::string pipeline_id;
	bool drawn = false; // the consequences for itself are, what waits for it has not all been looked at
	bool plain = false; // it succeeded, in a batch of nobody else, and no outage of its source ends with it
};
// Runs that have ended and are not settled, in the order in which they were queued, after that one; locked.
std::vector<EndedRun> LockEnded(int limit, const std::optional<std::string> &after);
void NoteDrawn(const std::string &run_id);
// They are drawn, for the run and its later attempts.
bool IsSettled(const std::string &root_run);
// The consequences are drawn.
void ForgetEnded(const std::vector<std::string> &run_ids);

// Queues the next attempt of a run; returns its id. lost_before: kOnlyLook or kLookFirst, see RunRow.
std::string InsertRetry(const RunRow &run, TimestampTz due, const std::string &reason,
						const std::optional<std::string> &lost_before = std::nullopt);
// Which of these first attempts have ended well, themselves or by a later attempt.
std::vector<std::string> SucceededRuns(const std::vector<std::string> &root_runs);
// Which of them have not, as far as is known here.
std::vector<std::string> RunsWithoutSuccess(const std::vector<std::string> &root_runs);
// Of a run that is over: its rows may be at another server all the same, and nobody could look yet.
bool IsOutcomeOpen(const RunRow &run, const Pipeline &pipeline);
// The looks are used up: the run's row and the status say that it is not known what became of it.
void NoteOutcomeOpen(const std::string &run_id, const std::string &reason);
// A queued attempt that was to look and then load only looks.
void OnlyLook(const std::string &run_id);
// Where the runs of that version went: into the pipeline that is about to look for one of them.
void RestoreDestination(Pipeline *pipeline, int version);
// A later attempt of the same run.
bool HasLaterAttempt(const RunRow &run);

// For retry_run, which may wait for locks. The last attempt of a run, as it is now; locked while it is over, so
// that two who retry it come one after the other.
std::optional<RunRow> LockLastAttempt(const std::string &root_run);
// Lets the scheduler take up the batch of a run whose next attempt somebody has queued.
void NoteRetried(const RunRow &run);
// Makes a retry that waits due now; false when it is not queued any more. One that is to look at another server does
// what look says, kOnlyLook or kLookFirst.
bool HastenRetry(const std::string &run_id, const char *look);

// Counts a run that failed for good; how many have now, in a row. 0: somebody else has the pipeline's row.
int CountFailure(const std::string &pipeline_id);
// False when somebody is changing the pipeline.
bool PauseForFailures(const std::string &pipeline_id, const std::string &reason);

// A source as one owner reaches it: with its own user mapping, so that one owner's bad mapping is not another's outage.
struct SourceAccess {
	std::string source;
	Oid owner = InvalidOid;
};
struct SourceOutage {
	SourceAccess access;
	std::optional<TimestampTz> waits_until;
};
std::vector<SourceOutage> SourceOutages();
// Counts a run that could not reach its source; how many could not, in a row. 0: somebody else has the row.
int CountOutage(const SourceAccess &access, const std::string &run_id);
void LetSourceWait(const SourceAccess &access, TimestampTz until);
void EndOutage(const SourceAccess &access);

} // namespace sluice::catalog
