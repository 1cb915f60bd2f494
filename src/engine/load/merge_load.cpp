#include "engine/load/merge_load.hpp"

namespace sluice::engine {

MergeLoad::MergeLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
					 const CursorColumn *cursor, RunJournal &journal)
	: plan_(plan.merge), has_rows_(!destination.created), rows_(std::move(place), plan.merge, cursor, journal),
	  table_(rows_.Place().Table())
{}

// Of what is not found.
std::string
MergeLoad::InsertStatement() const
{
	std::string statement = Format("INSERT INTO {} AS d ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s", table_,
								   rows_.List("", false), rows_.List("s.", false), staged_);
	if (has_rows_) {
		// Written so that the planner may hash the staged rows: with NOT EXISTS, before PostgreSQL 16, only the
		// destination.
		statement +=
			Format(" LEFT JOIN {} AS f ON {} WHERE f.{} IS NULL", table_, rows_.SameKey("f", "s"), rows_.FirstKey());
	}
	if (plan_.key_index.empty()) {
		return statement;
	}
	// Somebody else may have inserted it in between.
	statement += Format(" ON CONFLICT ({}) DO ", rows_.List("", true));
	std::string const differ = rows_.Differ("d", "EXCLUDED", false);
	if (plan_.strategy == MergeStrategy::InsertOnly || differ.empty()) {
		return statement + "NOTHING";
	}
	return statement + Format("UPDATE SET {} WHERE {}", rows_.Set("EXCLUDED", false), differ);
}

// Changes rows that are there.
void
MergeLoad::MergeFound(LoadCounts *counts)
{
	std::string const same = rows_.SameKey("d", "s");
	std::string const differ = rows_.Differ("d", "s", true);
	if (differ.empty()) {
		return;
	}
	if (plan_.strategy == MergeStrategy::Upsert) {
		counts->updated = static_cast<int64_t>(rows_.Place()
												   .Run(Format("UPDATE {} AS d SET {} FROM {} AS s WHERE {} AND {}",
															   table_, rows_.Set("s", true), staged_, same, differ))
												   .Processed());
	} else if (plan_.strategy == MergeStrategy::DeleteInsert) {
		counts->deleted = static_cast<int64_t>(
			rows_.Place()
				.Run(Format("DELETE FROM {} AS d USING {} AS s WHERE {} AND {}", table_, staged_, same, differ))
				.Processed());
	}
}

LoadCounts
MergeLoad::Merge()
{
	LoadCounts counts;
	counts.duplicate = rows_.Settle();
	int64_t const rows = rows_.Rows() - counts.duplicate;
	staged_ = rows_.Place().Staged();
	// The planner asks of no other columns.
	rows_.Place().Run(Format("ANALYZE {} ({})", staged_, rows_.List("", true)));
	if (has_rows_) {
		if (!plan_.key_index.empty() && rows_.AreFew()) {
			staged_ = rows_.InOrder();
			rows_.Place().FindRowsOneByOne();
		}
		MergeFound(&counts);
	}
	bool const all_found = counts.updated >= rows && !plan_.key_index.empty();
	if (!all_found) {
		counts.inserted = static_cast<int64_t>(rows_.Place().Run(InsertStatement()).Processed());
	}
	counts.unchanged = std::max<int64_t>(rows - counts.inserted - counts.updated, 0);
	return counts;
}

LoadCounts
MergeLoad::Finish()
{
	rows_.Close();
	LoadCounts counts;
	if (rows_.Rows() > 0) {
		rows_.Place().TakeMemory(plan_.memory_is_given);
		counts = Merge();
		rows_.Place().GiveBack();
	}
	rows_.Place().Drop();
	return counts;
}

} // namespace sluice::engine
