// Counters, phases and the live display of one run.
#pragma once

#include "catalog/run_store.hpp"
#include "core/run_journal.hpp"
#include "core/steady_clock.hpp"

namespace sluice::engine {

// Called at most a few times a second with the counters so far, for progress display.
struct ProgressNow {
	const catalog::RunCounters &counters;
	RunPhase phase;
	int64_t rows_expected; // the source's estimate of what there is to read; 0: unknown
};
using ProgressSink = void (*)(const ProgressNow &now);

class RunProgress {
public:
	RunProgress(ProgressSink sink, RunJournal &journal, catalog::RunCounters *counters)
		: sink_(sink), journal_(journal), counters_(counters), before_(*counters)
	{
		journal_.OnPhase([this] { Show(); });
	}
	~RunProgress() { journal_.OnPhase({}); }
	RunProgress(const RunProgress &) = delete;
	RunProgress &operator=(const RunProgress &) = delete;
	void Enter(RunPhase phase) { journal_.EnterPhase(phase); }
	// Between these two the load is seen in pg_stat_progress_copy as well.
	void BeginLoad(Oid destination);
	void EndLoad();
	// What the source says there is to read; 0: it cannot tell.
	void Expect(int64_t rows)
	{
		rows_expected_ = rows;
		Show();
	}
	// After each batch: what was read of the chunk so far, how many rows of it were written.
	void Batch(int64_t rows_read, int64_t bytes_read, int64_t rows_written)
	{
		Read(rows_read, bytes_read);
		counters_->records_processed += rows_written;
		counters_->batches++;
		if (SteadyNow() - shown_ >= kInterval) {
			Show();
		}
	}
	// At the end of a stream: rows that no batch has brought, too.
	void Read(int64_t rows_read, int64_t bytes_read)
	{
		counters_->records_read = before_.records_read + rows_read;
		counters_->bytes_processed = before_.bytes_processed + bytes_read;
	}
	catalog::RunCounters &Counters() { return *counters_; }
	// Of this chunk.
	int64_t RowsRead() const { return counters_->records_read - before_.records_read; }

private:
	static constexpr SteadyTime kInterval = 100 * 1000;

	void Show();

	ProgressSink sink_;
	RunJournal &journal_;
	catalog::RunCounters *counters_;
	catalog::RunCounters const before_; // of the chunks before
	SteadyTime shown_ = 0;
	int64_t rows_expected_ = 0;
	bool loading_ = false;
};

} // namespace sluice::engine
