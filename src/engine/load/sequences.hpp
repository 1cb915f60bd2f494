// The sequences behind columns that a load feeds: identity and serial columns, and others whose default is a nextval.
// COPY leaves them behind the values loaded, and the next INSERT of the application fails; a run moves them past.
#pragma once

#include <string>
#include <vector>

#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "core/sequence_move.hpp"
#include "engine/load/extreme.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

class FedSequences {
public:
	FedSequences(const OptionValues &options, RunJournal &journal)
		: off_(options.Text("sequences") == "off"), journal_(journal)
	{}

	// The destination is open, or at another server and prepared.
	void Find(const Destination &destination, const ColumnMatch &match);
	// From now on every row passes through See.
	void Watch() { watched_ = true; }
	void See(const Batch *batch)
	{
		if (!extremes_.empty()) {
			pg::Call(leaf::SeeBatch, batch, extremes_.data(), static_cast<int>(extremes_.size()));
		}
	}
	// After the load. Forward only, and so without harm if the run fails after all: no rollback takes it back. A
	// sequence that cannot be moved is a warning.
	void Move(const Destination &destination);
	// What Move is going to do.
	std::vector<std::string> Describe() const;

private:
	struct FedSequence {
		std::string column;
		std::string name; // qualified
		Oid owner = InvalidOid;
		SequenceState state{};
		bool cycles = false;
		bool may_read = false;
		bool may_update = false;
		int extreme = -1; // of extremes_; none: only a query tells
		bool rounds = false;
	};

	std::optional<int64_t> ExtremeOf(const FedSequence &sequence, const Destination &destination) const;
	bool ReadState(FedSequence *sequence, const Destination &destination) const;
	void MoveOne(FedSequence *sequence, const Destination &destination);

	bool off_;
	bool watched_ = false;
	RunJournal &journal_;
	std::vector<FedSequence> sequences_;
	std::vector<leaf::Extreme> extremes_;
};

} // namespace sluice::engine
