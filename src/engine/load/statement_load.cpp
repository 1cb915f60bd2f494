#include "engine/load/statement_load.hpp"

#include "pg/sql.hpp"

namespace sluice::engine {

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
		pg::Call(leaf::RefuseCascade, destination_.oid);
		deleted_ = pg::Sql("DELETE FROM " + destination_.name).Processed();
		journal_.Info(Format("{} old rows deleted", *deleted_));
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
