// The lines of a run's log. Internal to catalog/.
#pragma once

#include <string>

#include "core/run_journal.hpp"

namespace sluice::catalog {

struct LoggedRun {
	std::string pipeline_id;
	std::string owner_oid;
};

// Behind those that are there already.
void WriteLog(const std::string &run_id, const LoggedRun &run, const RunJournal &journal);

// Of a run that goes on: what it said at its beginning and what it said last stay.
void PruneLog(const std::string &run_id);

} // namespace sluice::catalog
