// Typed access to pipeline_rejected_rows: rows that did not fit into their destination.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/rejected_rows.hpp"

namespace sluice::catalog {

// is_lost: of a run that failed, so nothing else of it was loaded either.
void WriteRejects(const std::string &pipeline_id, const std::string &run_id, const std::vector<RejectedRow> &rows,
				  bool is_lost);
// Those of one run, or of all runs; returns how many.
int64_t DiscardRejects(const std::string &pipeline_id, const std::string &run_id);
// Of runs that failed and are deleted.
void ForgetRejectsOf(const std::vector<std::string> &run_ids);
// All of a pipeline that is dropped, or whose destination gets all of its rows anew.
void DropRejects(const std::string &pipeline_id);

// The rows that a run has put aside, in ASCII, for where nothing is known of them but by it; '' where there are none.
// Throws Error where they are too large for that.
std::string PackRejects(const std::string &run_id);
// They are put in, but for those that are there, and stand in for those of their runs that were taken for lost.
void UnpackRejects(const std::string &pipeline_id, const std::string &packed);
// What that run, which was lost here, has made of those of earlier runs: forgotten, or replayed.
void ForgetRejectsBefore(const std::string &pipeline_id, const std::string &run_id, bool replayed);

// Whether the run is one of replay_rejects, or an attempt of it.
bool IsReplay(const std::string &run_id);
// Whether there is something to replay.
bool HasRejects(const std::string &pipeline_id);
// A row that a run put aside.
struct KeptRow {
	std::string id;
	std::string sqlstate;
	std::string reason;
	std::string original; // JSON
	std::vector<std::string> escaped;
	std::vector<std::optional<std::string>> values; // one for each of the columns asked for
};
// The next of them, behind that id ('': from the first on), but for those of that run itself.
std::vector<KeptRow> KeptRows(const std::string &pipeline_id, const std::string &run_id, const std::string &after,
							  const std::vector<std::string> &columns);
// That run has loaded them, or put them aside again.
int64_t DropReplayed(const std::string &pipeline_id, const std::string &run_id);

} // namespace sluice::catalog
