#include "engine/load/append_load.hpp"

#include "engine/write/foreign_key_check.hpp"
#include "pg/compat.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

AppendLoad::AppendLoad(Relation destination, const leaf::TableTraits &traits, AppendMode mode, bool direct,
					   const LockPatience &patience, RunJournal &journal, bool analyze)
	: destination_(destination), traits_(traits), mode_(mode), direct_(direct), patience_(patience), journal_(journal),
	  analyze_(analyze)
{}

void
AppendLoad::Open()
{
	if (mode_ == AppendMode::ReplaceInPlace) {
		had_rows_ = pg::Call(leaf::DeleteAllRows, destination_, patience_.timeout / 1000);
	}
	if (direct_) {
		writer_.OpenDirect(destination_, destination_, true, analyze_);
		return;
	}
	int options = 0;
	if (mode_ == AppendMode::Created) {
		options |= TABLE_INSERT_SKIP_FSM | TABLE_INSERT_FROZEN;
	} else if (traits_.foreign_keys != nullptr && traits_.foreign_keys->count > 0) {
		// New rows must be found again by their place, so they do not fill holes.
		options |= TABLE_INSERT_SKIP_FSM;
	}
	writer_.Open(destination_, destination_, options);
}

void
AppendLoad::Write(Batch *batch)
{
	writer_.Write(batch);
}

// A table that cannot be analyzed from what passed by is left to ANALYZE.
void
AppendLoad::Analyze(int64_t rows)
{
	journal_.EnterPhase(RunPhase::Analyzing);
	analyzed_ = writer_.StoreStatistics(RelationGetRelid(destination_));
	if (analyzed_) {
		pg::Call(pg::compat::ReportAnalyze, destination_, rows);
		journal_.Info(Format("{} analyzed", pg::QualifiedName(RelationGetRelid(destination_))));
	}
}

LoadCounts
AppendLoad::Finish()
{
	int64_t const rows = writer_.Rows();
	Oid const table = RelationGetRelid(destination_);
	PartitionRows written(table, false);
	if (mode_ == AppendMode::Created) {
		written.Add(table, table);
	} else if (rows > 0) {
		written.AddWritten(table, writer_.Heap().first_block, writer_.Heap().transaction);
	}
	writer_.Close();
	bool const may_break = rows > 0 || mode_ == AppendMode::ReplaceInPlace;
	if (may_break && traits_.foreign_keys != nullptr) {
		CheckForeignKeys(*traits_.foreign_keys, traits_.owner, written, patience_, journal_);
	}
	if (mode_ == AppendMode::Created) {
		pg::Call(leaf::SetSizes, table, static_cast<double>(rows));
		if (analyze_) {
			Analyze(rows);
		}
	}
	return {rows};
}

} // namespace sluice::engine
