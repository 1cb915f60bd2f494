#include "engine/load/history_load.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/written_together.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

HistoryLoad::HistoryLoad(std::unique_ptr<Workplace> place, const Destination &destination, const LoadPlan &plan,
						 const CursorColumn *cursor, RunJournal &journal, const std::optional<std::string> &instant)
	: CompareLoad(std::move(place), destination, plan, cursor, journal),
	  valid_from_(pg::QuoteIdentifier(plan.compare.valid_from)), valid_to_(pg::QuoteIdentifier(plan.compare.valid_to)),
	  current_(pg::QuoteIdentifier(plan.compare.current))
{
	// JSON's form of a time is the same under every DateStyle.
	time_ = pg::Sql("SELECT pg_catalog.to_jsonb(COALESCE($1::pg_catalog.timestamptz, pg_catalog.clock_timestamp())) "
					"OPERATOR(pg_catalog.#>>) '{}'",
					{instant})
				.Text(0, 0);
	instant_ = Format("CAST({} AS pg_catalog.timestamptz)", pg::QuoteLiteral(time_));
	journal.Info(Format("history: changes are valid from {}, {}", time_,
						instant ? "the time at the source when it was read" : "the time here when the source is read"));
}

ComparedRows
HistoryLoad::Compared() const
{
	ComparedRows compared;
	compared.kind = current_;
	compared.scope = Plan().compare.scope;
	compared.finds_gone = Plan().compare.finds_gone;
	compared.has_unique_keys = !Plan().merge.key_index.empty();
	return compared;
}

void
HistoryLoad::CheckInstant(const RowChanges &changes) const
{
	std::string const late = Format("(d.{0} OPERATOR(pg_catalog.>=) {2} OR d.{1} OPERATOR(pg_catalog.>) {2})",
									valid_from_, valid_to_, instant_);
	std::string const keys = Rows().List("d.", true);
	std::string const select = Format("SELECT ROW({})::pg_catalog.text FROM {} AS d", keys, Table());
	pg::SqlResult found = Rows().Place().Run(
		Format("{} JOIN {} AS c ON {} WHERE {} LIMIT 1", select, changes.rows, Rows().SameKey("d", "c"), late));
	if (found.Empty() && changes.gone_count > 0) {
		found = Rows().Place().Run(
			Format("{} JOIN {} AS c ON {} WHERE {} LIMIT 1", select, changes.gone, AtPlace("d", "c"), late));
	}
	if (!found.Empty()) {
		throw Error(
			sqlstate::kClockWentBack,
			Format("{} has a version of a row that is not older than this run", Target().name),
			"The source's clock went back, or the versions are of another clock: run the pipeline again when that "
			"time has passed.",
			Format("Key ({})={}; this run's changes are valid from {}.", Plan().merge.KeyList(), found.Text(0, 0),
				   time_));
	}
}

std::string
HistoryLoad::CloseStatement(const std::string &rows) const
{
	return Format("UPDATE {} AS d SET {} = {}, {} = false FROM {} AS c WHERE {}", Table(), valid_to_, instant_,
				  current_, rows, AtPlace("d", "c"));
}

std::string
HistoryLoad::InsertStatement(const RowChanges &changes) const
{
	return Format(
		"INSERT INTO {} ({}, {}, {}, {}) OVERRIDING SYSTEM VALUE SELECT {}, {}, NULL, true FROM {} AS c WHERE true",
		Table(), Rows().List("", false), valid_from_, valid_to_, current_, Rows().List("c.", false), instant_,
		changes.rows);
}

// A version is closed before the next one is inserted: one of a key is current.
void
HistoryLoad::Apply(const RowChanges &changes, LoadCounts *counts)
{
	if (changes.created + changes.changed + changes.gone_count == 0) {
		return;
	}
	if (!changes.all_new) {
		CheckInstant(changes);
	}
	std::vector<std::string> statements;
	if (changes.gone_count > 0) {
		statements.push_back(CloseStatement(changes.gone));
	}
	if (changes.changed > 0) {
		statements.push_back(CloseStatement(changes.rows));
	}
	int64_t const versions = changes.created + changes.changed;
	if (versions > 0) {
		statements.push_back(InsertStatement(changes));
	}
	std::vector<int64_t> const written = WriteTogether(Rows().Place(), statements);
	size_t next = 0;
	if (changes.gone_count > 0) {
		counts->deleted = written[next++];
		TellKept(changes.gone_count, counts->deleted, "closed");
	}
	if (changes.changed > 0) {
		counts->updated = written[next++];
		TellKept(changes.changed, counts->updated, "closed");
	}
	if (versions > 0) {
		counts->inserted = std::max<int64_t>(written[next] - counts->updated, 0);
		TellKept(versions, written[next], "inserted");
	}
}

} // namespace sluice::engine
