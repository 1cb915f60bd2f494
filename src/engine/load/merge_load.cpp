#include "engine/load/merge_load.hpp"

namespace sluice::engine {

MergeLoad::MergeLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
					 const CursorColumn *cursor, RunJournal &journal)
	: destination_(destination), load_plan_(plan), plan_(plan.merge), cursor_(cursor), journal_(journal),
	  has_rows_(!destination.created), rows_(std::move(place), plan.merge, cursor, journal),
	  table_(rows_.Place().Table())
{}

void
MergeLoad::Open()
{
	// Which of several rows of a key is the greatest is known when all are there.
	if (load_plan_.walks) {
		walk_.emplace(rows_, destination_, load_plan_, cursor_ != nullptr, journal_);
		if (rows_.CanBeSorted()) {
			walk_->MayGiveUp();
		}
	} else {
		rows_.Open();
	}
}

void
MergeLoad::Write(Batch *batch)
{
	if (walk_) {
		walk_->Write(batch);
	} else {
		rows_.Place().Write(batch);
	}
}

// which: "... AS s WHERE ...", of staged rows.
std::string
MergeLoad::InsertStatement(const std::string &which) const
{
	std::string statement = Format("INSERT INTO {} AS d ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}", table_,
								   rows_.List("", false), rows_.List("s.", false), which);
	if (plan_.key_index.empty()) {
		return statement;
	}
	// Somebody else may have inserted it in between.
	std::string const conflict = Format("{} ON CONFLICT ({}) DO ", statement, rows_.List("", true));
	std::string const differ = rows_.Differ("d", "EXCLUDED", false);
	if (plan_.strategy == MergeStrategy::InsertOnly || differ.empty()) {
		return conflict + "NOTHING";
	}
	return conflict + Format("UPDATE SET {} WHERE {}", rows_.Set("EXCLUDED", false), differ);
}

// Changes rows that are there. found: the condition by which d, of the table, and s, that is staged, belong together.
void
MergeLoad::MergeFound(const std::string &found, LoadCounts *counts)
{
	if (rows_.Differ("d", "s", true).empty()) {
		return;
	}
	if (plan_.strategy == MergeStrategy::Upsert) {
		counts->updated += static_cast<int64_t>(rows_.Place()
													.Run(Format("UPDATE {} AS d SET {} FROM {} AS s WHERE {}", table_,
																rows_.Set("s", true), staged_, found))
													.Processed());
	} else if (plan_.strategy == MergeStrategy::DeleteInsert) {
		counts->deleted +=
			static_cast<int64_t>(rows_.Place()
									 .Run(Format("DELETE FROM {} AS d USING {} AS s WHERE {}", table_, staged_, found))
									 .Processed());
	}
}

void
MergeLoad::MergeByKeys(LoadCounts *counts, int64_t rows)
{
	// The planner asks of no other columns.
	rows_.Place().Run(Format("ANALYZE {} ({})", staged_, rows_.List("", true)));
	std::string which = staged_ + " AS s";
	if (has_rows_) {
		if (!plan_.key_index.empty() && ((walk_ && walk_->GaveUp()) || rows_.AreFew())) {
			staged_ = rows_.InOrder();
			rows_.Place().FindRowsOneByOne();
		}
		MergeFound(rows_.SameKey("d", "s") + " AND " + rows_.Differ("d", "s", true), counts);
		// Written so that the planner may hash the staged rows: with NOT EXISTS, before PostgreSQL 16, only the
		// destination.
		which = Format("{} AS s LEFT JOIN {} AS f ON {} WHERE f.{} IS NULL", staged_, table_, rows_.SameKey("f", "s"),
					   rows_.FirstKey());
	}
	bool const all_found = counts->updated >= rows && !plan_.key_index.empty();
	if (!all_found) {
		counts->inserted = static_cast<int64_t>(rows_.Place().Run(InsertStatement(which)).Processed());
	}
}

// What the walk has found others may have written since: such a row is not at its place any more.
void
MergeLoad::MergeByPlaces(LoadCounts *counts)
{
	RowChanges const changes = walk_->Find(counts->duplicate);
	rows_.Place().FindRowsOneByOne();
	std::string const same = rows_.SameKey("d", "s");
	// Written so that no index on the keys can be taken in place of the place.
	std::string const at_place =
		Format("d.ctid OPERATOR(pg_catalog.=) s.{} AND s.{} IS NOT NULL AND ({}) IS TRUE", kPlace, kPart, same);
	std::string which = Format("{} AS s WHERE s.{} IS NULL", staged_, kPlace);
	int64_t inserts = changes.created;
	if (changes.changed > 0 && plan_.strategy != MergeStrategy::InsertOnly) {
		std::string const staged = staged_;
		// So that each page of the table, and often of its indexes, is met once.
		if (!walk_->MetInOrder()) {
			staged_ = Format("(SELECT * FROM {} WHERE {} IS NOT NULL ORDER BY {} OFFSET 0)", staged, kPart, kPlace);
		}
		MergeFound(at_place, counts);
		staged_ = staged;
		if (counts->updated + counts->deleted < changes.changed) {
			MergeFound(Format("s.{} IS NOT NULL AND {} AND {} AND NOT EXISTS (SELECT FROM {} AS p WHERE p.ctid "
							  "OPERATOR(pg_catalog.=) s.{} AND {})",
							  kPart, same, rows_.Differ("d", "s", true), table_, kPlace, rows_.SameKey("p", "s")),
					   counts);
		}
		if (counts->updated < changes.changed) {
			which =
				Format("{} AS s WHERE (s.{} IS NULL OR s.{} IS NOT NULL) AND NOT EXISTS (SELECT FROM {} AS f WHERE {})",
					   staged_, kPlace, kPart, table_, rows_.SameKey("f", "s"));
			inserts += changes.changed;
		}
	}
	if (inserts > 0) {
		counts->inserted = static_cast<int64_t>(rows_.Place().Run(InsertStatement(which)).Processed());
	}
}

LoadCounts
MergeLoad::Merge()
{
	LoadCounts counts;
	counts.duplicate = rows_.Settle();
	int64_t const rows = (walk_ ? walk_->Rows() : rows_.Rows()) - counts.duplicate;
	staged_ = rows_.Place().Staged();
	if (walk_ && !walk_->GaveUp()) {
		MergeByPlaces(&counts);
	} else {
		MergeByKeys(&counts, rows);
	}
	counts.unchanged = std::max<int64_t>(rows - counts.inserted - counts.updated, 0);
	return counts;
}

LoadCounts
MergeLoad::Finish()
{
	rows_.Close();
	if (walk_) {
		walk_->Close();
	}
	LoadCounts counts;
	if (rows_.Rows() > 0 || walk_) {
		rows_.Place().TakeMemory(plan_.memory_is_given);
		counts = Merge();
		rows_.Place().GiveBack();
	}
	if (walk_) {
		walk_->End();
	}
	rows_.Place().Drop();
	return counts;
}

} // namespace sluice::engine
