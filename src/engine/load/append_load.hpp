// Rows appended to a plain table; optionally after deleting all that it holds (replace in place).
#pragma once

#include "engine/load/load.hpp"
#include "engine/target/table_facts.hpp"
#include "engine/target/timed_lock.hpp"
#include "engine/write/table_writer.hpp"

namespace sluice::engine {

enum class AppendMode {
	Append,
	Created,		// the table was created by this run: rows are written frozen
	ReplaceInPlace, // the lock for replacing is held
};

class AppendLoad final : public Load {
public:
	// direct: pages are built directly; for Created only, and so is analyze: the columns' statistics are wanted.
	AppendLoad(Relation destination, const leaf::TableTraits &traits, AppendMode mode, bool direct,
			   const LockPatience &patience, RunJournal &journal, bool analyze);
	void Open() override;
	void Write(Batch *batch) override;
	bool TakesRowsAway() override { return had_rows_; }
	LoadCounts Finish() override;

	bool Analyzed() const override { return analyzed_; }

private:
	void Analyze(int64_t rows);

	Relation destination_;
	leaf::TableTraits traits_;
	AppendMode mode_;
	bool direct_;
	LockPatience patience_;
	RunJournal &journal_;
	bool analyze_;
	bool analyzed_ = false;
	bool had_rows_ = false; // which are deleted
	TableWriter writer_;
};

} // namespace sluice::engine
