// A run that reads by its pipeline's cursor_column: from where to where, which of the rows it met before, and what the
// next run begins with. explain_pipeline plans it in the same way.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/backfill.hpp"
#include "catalog/run_store.hpp"
#include "catalog/watermark.hpp"
#include "engine/source/cursor_source.hpp"
#include "engine/source/known_rows.hpp"
#include "engine/source/run_input.hpp"

namespace sluice::engine {

class CursorRead {
public:
	// by_key: rows that are read again are recognized by their keys, and need not be remembered. slice: that is read,
	// and the watermark has no part in it.
	CursorRead(const catalog::Pipeline &pipeline, const OptionValues &options, RunInput &input, bool by_key,
			   std::optional<catalog::CursorSlice> slice = std::nullopt);

	// The source is asked what there is, and told what to send, in one of the two: before the input of the executor is
	// analyzed, and of any other after its filter has found its place. Each caller makes both. They throw Error.
	void BeforeAnalysis(RunJournal &journal);
	void AfterFilter(const MappedQuery &query, RunJournal &journal);

	// Before both: the run has but one transaction, and reads everything at once.
	void TakeAll(RunJournal &journal);
	// Before both: whatever the watermark is, which stays where it is. nulls_too: whatever on_null_cursor says.
	void ReadAll(bool nulls_too)
	{
		reads_all_ = true;
		leaves_nulls_ = nulls_too && nulls_ == "exclude";
		nulls_ = nulls_too ? "include" : nulls_;
	}
	// Rows without a value are read, so that they do not look as though they were gone, and not loaded.
	bool LeavesNulls() const { return leaves_nulls_; }
	// Rows are left, which the next chunk of the run reads.
	bool LeavesRows() const { return leaves_rows_; }

	const CursorColumn &Column() const { return source_->Column(); }
	// NULL: every row that is read is handed on.
	KnownRows *Known() { return known_ ? &*known_ : nullptr; }
	// How the executor gives the columns that rows are known by, behind its own: more of a select list.
	std::string HiddenColumns() const { return source_->HiddenColumns(); }
	struct Doubt {
		const char *message;
		const char *hint;
	};
	// Which rows may be missed all the same, for validate_pipeline: it is no matter of one run.
	std::optional<Doubt> MayMiss() const;
	// After all rows were read: what is committed with them.
	void End(int64_t rows_read, catalog::RunCounters *counters, RunJournal &journal) const;

private:
	void Begin(RunJournal &journal);
	std::optional<std::string> ChunkEnd(const std::optional<std::string> &greatest,
										const std::optional<std::string> &loaded) const;
	void Read(const CursorRange &range);
	void AskLate(RunJournal &journal);
	void HoldBack(RunJournal &journal);
	void TakeSnapshot();
	void FindLate(CursorRange *range, RunJournal &journal) const;
	std::string Less(const std::string &value) const;
	bool IsGreater(const std::string &left, const std::string &right) const;
	void CheckWatermark() const;
	void BeginSlice(RunJournal &journal);
	void BeginAll(RunJournal &journal);
	std::string SliceBound(const std::string &text) const;
	void Tell(const std::optional<std::string> &greatest, bool forgotten, RunJournal &journal);

	const catalog::Pipeline &pipeline_;
	RunInput &input_;
	bool by_key_;
	std::optional<catalog::CursorSlice> slice_;
	std::string nulls_;
	std::string lag_; // seconds, or a number
	bool auto_late_;
	bool late_by_xmin_;
	int64_t commit_every_; // rows; 0: at the end alone
	catalog::WatermarkState state_;
	std::optional<CursorSource> source_; // once it has been asked
	CursorRange range_;
	std::optional<std::string> bound_;		 // that the next watermark does not pass: rows behind it may come late
	bool bound_is_open_ = false;			 // a transaction has been open since then
	std::optional<std::string> loaded_to_;	 // by this run or before it; beyond the watermark where that is held back
	std::optional<std::string> after_;		 // the next watermark
	std::optional<SourceSnapshot> snapshot_; // that is read
	std::optional<KnownRows> known_;
	bool reads_ = true;
	bool leaves_rows_ = false;
	bool reads_all_ = false;
	bool leaves_nulls_ = false;
};

} // namespace sluice::engine
