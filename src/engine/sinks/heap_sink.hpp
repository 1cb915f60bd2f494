// Rows appended to a plain table; optionally after deleting all that it holds (replace in place).
#pragma once

#include "engine/destination_leaf.hpp"
#include "engine/sinks/heap_writer_leaf.hpp"
#include "engine/sinks/sink.hpp"
#include "engine/timed_lock.hpp"

namespace sluice::engine {

enum class HeapSinkMode {
	Append,
	Created,		// the table was created by this run: rows are written frozen
	ReplaceInPlace, // the lock for replacing is held
};

class HeapSink final : public Sink {
public:
	HeapSink(Relation destination, const leaf::TableTraits &traits, HeapSinkMode mode, const LockPatience &patience,
			 RunJournal &journal);
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

private:
	Relation destination_;
	leaf::TableTraits traits_;
	HeapSinkMode mode_;
	LockPatience patience_;
	RunJournal &journal_;
	leaf::HeapWriter *writer_ = nullptr;
};

} // namespace sluice::engine
