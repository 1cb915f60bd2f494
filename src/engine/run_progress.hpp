// Counters, phases and the live display of one run.
#pragma once

#include "engine/batch.hpp"
#include "engine/run.hpp"

namespace sluice::engine {

class RunProgress {
public:
	RunProgress(ProgressSink sink, RunJournal &journal, catalog::RunCounters *counters)
		: sink_(sink), journal_(journal), counters_(counters)
	{}
	void Enter(const char *phase)
	{
		journal_.EnterPhase(phase);
		Show();
	}
	// After each batch: what was read so far, how many rows of it were written.
	void Batch(int64_t rows_read, int64_t bytes_read, int64_t rows_written)
	{
		counters_->records_read = rows_read;
		counters_->bytes_processed = bytes_read;
		counters_->records_processed += rows_written;
		counters_->batches++;
		if (GetCurrentTimestamp() - shown_ >= kInterval) {
			Show();
		}
	}
	catalog::RunCounters &Counters() { return *counters_; }

private:
	static constexpr TimestampTz kInterval = 300 * 1000;

	void Show()
	{
		shown_ = GetCurrentTimestamp();
		if (sink_ != nullptr) {
			sink_(*counters_, journal_.Phase().c_str());
		}
	}

	ProgressSink sink_;
	RunJournal &journal_;
	catalog::RunCounters *counters_;
	TimestampTz shown_ = 0;
};

} // namespace sluice::engine
