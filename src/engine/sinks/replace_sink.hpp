// Replaces all rows of a plain table by writing a new heap and swapping it in: the table's OID, views,
// grants and foreign keys stay, readers see the old rows until the commit. The lock for replacing is held
// by whoever made this sink; the swap takes a stronger one for a moment.
#pragma once

#include "engine/destination_leaf.hpp"
#include "engine/sinks/sink.hpp"
#include "engine/sinks/table_writer.hpp"
#include "engine/timed_lock.hpp"

namespace sluice::engine {

class ReplaceSink final : public Sink {
public:
	// The sink closes the destination: its file changes under the relation.
	ReplaceSink(Relation destination, const leaf::TableTraits &traits, bool direct, const LockPatience &patience,
				RunJournal &journal);
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

private:
	Relation destination_;
	leaf::TableTraits traits_;
	bool direct_;
	LockPatience patience_;
	RunJournal &journal_;
	Relation heap_ = nullptr; // the new one
	TableWriter writer_;
};

} // namespace sluice::engine
