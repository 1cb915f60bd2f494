#include "engine/load/statement_load.hpp"

#include "pg/sql.hpp"

namespace sluice::engine {

uint64_t
DeleteOldRows(const Destination &destination, RunJournal &journal)
{
	pg::Call(leaf::RefuseCascade, destination.oid);
	uint64_t const deleted = pg::Sql("DELETE FROM " + destination.name).Processed();
	journal.Info(Format("{} old rows deleted", deleted));
	return deleted;
}

void
StatementLoad::Open()
{
	if (input_) {
		staged_.Open(input_->columns);
	}
}

// What a DELETE takes only a DELETE tells: of a view, under a policy, beside triggers.
bool
StatementLoad::TakesRowsAway()
{
	if (!deleted_) {
		deleted_ = DeleteOldRows(destination_, journal_);
	}
	return *deleted_ > 0;
}

LoadCounts
StatementLoad::Finish()
{
	std::optional<MappedQuery> staged_query;
	if (input_) {
		staged_.Close();
		journal_.Info(Format("{} rows staged in a temporary table", staged_.Rows()));
		input_->mapping.from = staged_.Name();
		staged_query.emplace(input_->mapping);
	}
	std::string const insert =
		InsertStatement(staged_query ? *staged_query : query_, match_, destination_.relation, destination_.name);
	pg::Call(table_close, std::exchange(destination_.relation, nullptr), NoLock);
	if (destination_.mode == LoadMode::Replace) {
		(void)TakesRowsAway();
	}
	LoadCounts const counts{static_cast<int64_t>(pg::Sql(insert).Processed())};
	staged_.Drop();
	return counts;
}

} // namespace sluice::engine
