// The ledger: a small table at a destination server that holds the id of each run whose rows are committed there.
// The id is written in the transaction that writes the rows, so that after a crash between the two commits,
// there and here, the next attempt of the run finds it and loads nothing again.
//
// Its key is the first attempt's id, which all attempts share: of two attempts only one can ever commit, and one
// that comes while another is still open at the server waits for its end.
//
// Beside the id stands what the run has done, where it moves the watermark, and which rows it has put aside: that is
// taken over where the commit here never came.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"
#include "catalog/watermark.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct LoadedRun {
	std::string attempt; // run id
	std::string at;		 // timestamp text
	catalog::RunCounters counters;
	std::string rejects; // as catalog::PackRejects gave them
};

struct CommittedMove {
	std::string run;
	std::string from; // the fingerprint of the state that it moves from
};

class RemoteLedger {
public:
	// Looks for it in that schema, the destination's; with may_create makes it where it is missing. In a
	// transaction of its own, with an empty search_path.
	RemoteLedger(pg::RemoteConnection &remote, std::string schema, bool may_create);

	bool IsUsable() const { return exists_ && why_not_.empty(); }
	bool IsMissing() const { return !exists_ && why_not_.empty(); }
	// One of an older version has no place for more than the number of rows, unless it could be given one.
	bool HoldsState() const { return !exists_ || holds_state_; }
	// Why it cannot be used: a sentence without its stop.
	const std::string &WhyNot() const { return why_not_; }
	const std::string &Name() const { return name_; }

	// Forgets runs that nobody will ask for: those that ended well here an hour ago, and all of 30 days ago.
	void Clean(pg::RemoteConnection &remote, const std::string &pipeline_id) const;
	// In the transaction of the load: takes the run. What an earlier attempt has committed, if one has.
	std::optional<LoadedRun> Claim(pg::RemoteConnection &remote, const catalog::Pipeline &pipeline,
								   const std::string &root_run, const std::string &attempt) const;
	// At its end: what it has done.
	void Record(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &root_run,
				const catalog::RunCounters &counters, const std::string &rejects) const;
	// The rows that a run which is committed there has put aside, as it recorded them; '' where there are none.
	std::string Rejects(pg::RemoteConnection &remote, const std::string &pipeline_id, const std::string &run) const;

	// Where runs of the pipeline that are committed there, and not known to have ended well here, move the watermark.
	std::vector<CommittedMove> LostMoves(pg::RemoteConnection &remote, const std::string &pipeline_id) const;
	// To where one of them does.
	catalog::WatermarkState MovedTo(pg::RemoteConnection &remote, const std::string &pipeline_id,
									const std::string &run) const;

private:
	void Look(pg::RemoteConnection &remote);
	void AddState(pg::RemoteConnection &remote);

	std::string schema_;
	std::string name_;
	bool exists_ = false;
	bool holds_state_ = false;
	std::string why_not_;
};

} // namespace sluice::engine
