#include "engine/load/compare_load.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/loss_guard.hpp"
#include "engine/transform/definition_syntax.hpp"

namespace sluice::engine {

CompareLoad::CompareLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
						 const CursorColumn *cursor, RunJournal &journal, bool leaves_nulls)
	: destination_(destination), plan_(plan), cursor_(cursor), leaves_nulls_(leaves_nulls), journal_(journal),
	  rows_(std::move(place), plan.merge, cursor, journal), table_(rows_.Place().Table())
{
	// It was checked when the pipeline was made; what is pasted into a statement is checked where it is.
	if (!plan.compare.scope.empty()) {
		pg::Call(leaf::CheckScope, plan.compare.scope.c_str());
	}
}

void
CompareLoad::Open()
{
	AnalyzeScope();
	if (plan_.walks) {
		walk_.emplace(rows_, destination_, plan_, false, journal_);
	} else {
		rows_.Open();
	}
}

void
CompareLoad::Write(Batch *batch)
{
	if (walk_) {
		walk_->Write(batch);
	} else {
		rows_.Place().Write(batch);
	}
}

// Before the source is read.
void
CompareLoad::AnalyzeScope() const
{
	if (plan_.compare.scope.empty()) {
		return;
	}
	try {
		rows_.Place().Run(Format("SELECT FROM {} WHERE (\n{}\n) LIMIT 0", table_, plan_.compare.scope));
	} catch (const Error &error) {
		ErrorInfo info = error.WithContext("option scope").Info();
		if (info.hint.empty()) {
			info.hint =
				"scope is a condition on the destination's columns; functions are found by the pipeline's search_path.";
		}
		throw Error(std::move(info));
	}
}

void
CompareLoad::TellKept(int64_t meant, int64_t written, const char *what) const
{
	if (written < meant) {
		journal_.Warning(Format("{} of {} rows were not {}: a trigger or a policy of {} kept them as they are",
								meant - written, meant, what, destination_.name));
	}
}

// Triggers and defaults have a say in what was written, so it is looked at there.
void
CompareLoad::CheckScope(const RowChanges &changes) const
{
	if (plan_.compare.scope.empty() || changes.created + changes.changed == 0) {
		return;
	}
	std::string const keys = rows_.List("", true);
	ComparedRows const compared = Compared();
	pg::SqlResult const outside = rows_.Place().Run(
		Format("SELECT ROW({})::pg_catalog.text FROM {} AS c JOIN (SELECT {}, (\n{}\n) AS \"pg_sluice inside\" "
			   "FROM {}{}) AS d "
			   "ON {} WHERE d.\"pg_sluice inside\" IS NOT TRUE LIMIT 1",
			   rows_.List("c.", true), changes.rows, keys, plan_.compare.scope, table_,
			   compared.kind.empty() ? "" : " WHERE " + compared.kind, rows_.SameKey("d", "c")));
	if (!outside.Empty()) {
		throw Error(sqlstate::kWithCheckOptionViolation,
					Format("a row of the source is outside of scope in {}", destination_.name),
					"Leave such rows out with a filter, or widen scope: a load writes no row outside of it.",
					Format("Key ({})={}.", plan_.merge.KeyList(), outside.Text(0, 0)));
	}
}

LoadCounts
CompareLoad::Finish()
{
	rows_.Close();
	if (walk_) {
		walk_->Close();
	}
	ComparedRows compared_rows = Compared();
	if (leaves_nulls_) {
		compared_rows.left_alone = rows_.TakeOutNulls();
	}
	int64_t const read = walk_ ? walk_->Rows() : rows_.Rows();
	LoadCounts counts;
	rows_.Place().TakeMemory(plan_.merge.memory_is_given);
	counts.duplicate = rows_.Settle();
	int64_t const compared = read - counts.duplicate;
	rows_.Place().Run("ANALYZE " + rows_.Place().Staged());
	if (cursor_ != nullptr && !destination_.created && !plan_.merge.key_index.empty() && rows_.AreFew()) {
		rows_.Place().FindRowsOneByOne();
	}
	RowComparison comparison(rows_, destination_, plan_.merge, std::move(compared_rows), journal_);
	RowChanges changes = walk_ ? walk_->Find(counts.duplicate) : comparison.Find(compared);
	if (walk_) {
		walk_->FindGone(&changes);
	}
	counts.unchanged = compared - changes.created - changes.changed;
	if (!destination_.created) {
		journal_.Info(Format("compared with {}: {} rows are new, {} differ{}, {} are the same", destination_.name,
							 changes.created, changes.changed,
							 plan_.compare.finds_gone ? Format(", {} are gone from the source", changes.gone_count)
													  : std::string(),
							 counts.unchanged));
	}
	CheckLoss({destination_.name, DoneToGone(), changes.gone_count, compared - changes.created + changes.gone_count,
			   read == 0},
			  plan_.compare);
	Apply(changes, &counts);
	CheckScope(changes);
	comparison.Drop();
	if (walk_) {
		walk_->End();
	}
	rows_.Place().GiveBack();
	rows_.Place().Drop();
	return counts;
}

} // namespace sluice::engine
