// Typed access to pipeline_rejected_rows: rows that did not fit into their destination.
#pragma once

#include <cstdint>
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
// All of a pipeline that is dropped.
void DropRejects(const std::string &pipeline_id);

} // namespace sluice::catalog
