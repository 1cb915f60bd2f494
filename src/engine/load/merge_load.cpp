#include "engine/load/merge_load.hpp"

#include "pg/sql.hpp"

namespace sluice::engine {

MergeLoad::MergeLoad(Destination &destination, const LoadPlan &plan, const ColumnMatch &match,
					 const CursorColumn *cursor, RunJournal &journal)
	: destination_(destination), plan_(plan.merge), has_rows_(!destination.created), journal_(journal),
	  rows_(destination, plan.merge, match, cursor, journal)
{}

void
MergeLoad::Open()
{
	pg::Call(table_close, std::exchange(destination_.relation, nullptr), NoLock);
	rows_.Open();
}

// Of what is not found.
std::string
MergeLoad::InsertStatement() const
{
	std::string statement = Format("INSERT INTO {} AS d ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s",
								   destination_.name, rows_.List("", false), rows_.List("s.", false), staged_);
	if (has_rows_) {
		// Written so that the planner may hash the staged rows: with NOT EXISTS, before PostgreSQL 16, only the
		// destination.
		statement += Format(" LEFT JOIN {} AS f ON {} WHERE f.{} IS NULL", destination_.name, rows_.SameKey("f", "s"),
							rows_.FirstKey());
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
		counts->updated =
			static_cast<int64_t>(pg::Sql(Format("UPDATE {} AS d SET {} FROM {} AS s WHERE {} AND {}", destination_.name,
												rows_.Set("s", true), staged_, same, differ))
									 .Processed());
	} else if (plan_.strategy == MergeStrategy::DeleteInsert) {
		counts->deleted = static_cast<int64_t>(pg::Sql(Format("DELETE FROM {} AS d USING {} AS s WHERE {} AND {}",
															  destination_.name, staged_, same, differ))
												   .Processed());
	}
}

LoadCounts
MergeLoad::Merge()
{
	LoadCounts counts;
	counts.duplicate = rows_.Settle();
	int64_t const rows = rows_.Staged().Rows() - counts.duplicate;
	staged_ = rows_.Staged().Name();
	// The planner asks of no other columns.
	pg::Sql(Format("ANALYZE {} ({})", staged_, rows_.List("", true)));
	if (has_rows_) {
		if (!plan_.key_index.empty() && rows_.AreFew()) {
			staged_ = rows_.InOrder();
			pg::Call(leaf::FindRowsOneByOne);
		}
		MergeFound(&counts);
	}
	bool const all_found = counts.updated >= rows && !plan_.key_index.empty();
	if (!all_found) {
		counts.inserted = static_cast<int64_t>(pg::Sql(InsertStatement()).Processed());
	}
	counts.unchanged = std::max<int64_t>(rows - counts.inserted - counts.updated, 0);
	return counts;
}

LoadCounts
MergeLoad::Finish()
{
	rows_.Staged().Close();
	journal_.Info(Format("{} rows staged in a temporary table", rows_.Staged().Rows()));
	LoadCounts counts;
	if (rows_.Staged().Rows() > 0) {
		int const level = pg::Call(leaf::TakeMemory, plan_.memory_is_given);
		counts = Merge();
		pg::Call(leaf::LeaveLevel, level);
	}
	rows_.Staged().Drop();
	return counts;
}

} // namespace sluice::engine
