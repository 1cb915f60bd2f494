// What a batch looks like now, for people. Reads what is committed now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/run_store.hpp"

namespace sluice::catalog {

struct ChainMember {
	std::string pipeline_id;
	std::string name;
	bool visible = false; // to the role that asks
	bool over = false;
	std::string state; // 'waiting', 'queued', 'running', 'retrying', or how it ended
	std::optional<std::string> reason;
	std::vector<std::string> parents; // ids
	std::string rule;
	std::optional<std::string> run; // its last attempt
	std::optional<std::string> fallback_run;
	std::string current; // the pipeline that runs for it now: itself, or its fallback
	std::optional<TimestampTz> start;
	std::optional<TimestampTz> end;
	std::optional<TimestampTz> current_start;
	std::optional<int64_t> typical; // microseconds: the median of the last successful runs
};

struct ChainView {
	bool settled = true;			  // no end waits for the scheduler to draw its consequences
	std::vector<ChainMember> members; // parents first
	bool Over() const;
};
// The batch that a run belongs to; a run of no batch is one of its own.
ChainView LookAtChain(const RunRow &run, Oid role);

} // namespace sluice::catalog
