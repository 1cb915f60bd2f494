#include "engine/load/aside_source.hpp"
#include "engine/load/load_steps.hpp"
#include "engine/load/loss_guard.hpp"
#include "engine/load/put_aside.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/load/statement_load.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/target/key_index.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

// In the last column, from that number on.
void
NumberRows(const Batch *batch, int64 first)
{
	int const column = batch->row_type->natts - 1;
	for (int i = 0; i < batch->count; ++i) {
		batch->slots[i]->tts_values[column] = Int64GetDatum(first + i);
		batch->slots[i]->tts_isnull[column] = false;
	}
}

BlockNumber
FirstBlock(const Batch *batch)
{
	return ItemPointerGetBlockNumber(&batch->slots[0]->tts_tid);
}

} // namespace

} // namespace leaf

namespace {

constexpr const char *kNumber = "pg_sluice_row";

// The rows as the destination is to have them, in its types, numbered in order.
class NumberedRows {
public:
	NumberedRows(const Destination &destination, const ColumnMatch &match) : table_(destination.name)
	{
		TupleDesc const row_type = RelationGetDescr(destination.relation);
		std::string definitions;
		for (int i = 0; i < row_type->natts; ++i) {
			if (match.source_of[static_cast<size_t>(i)] < 0) {
				continue;
			}
			Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
			std::string const name = pg::QuoteIdentifier(NameStr(attribute->attname));
			columns_ += (columns_.empty() ? "" : ", ") + name;
			definitions +=
				Format("{} {}", name, pg::Call(format_type_with_typemod, attribute->atttypid, attribute->atttypmod));
			if (OidIsValid(attribute->attcollation)) {
				definitions += Format(" COLLATE {}", pg::Call(leaf::CollationName, attribute->attcollation));
			}
			definitions += ", ";
		}
		staged_.Open(Format("({}{} pg_catalog.int8)", definitions, kNumber));
	}

	Relation Table() const { return staged_.Table(); }
	int64_t Count() const { return count_; }

	void Write(Batch *batch)
	{
		if (batch->count == 0) {
			return;
		}
		pg::Call(leaf::NumberRows, batch, count_);
		staged_.Write(batch);
		places_.push_back({count_, pg::Call(leaf::FirstBlock, batch)});
		count_ += batch->count;
	}

	void Close() { staged_.Close(); }
	void Drop() { staged_.Drop(); }

	// As TriedInsert::Insert.
	int64_t Insert(int64_t first, int64_t end, const std::vector<int64_t> &without) const
	{
		// As COPY does, an identity column takes the source's value.
		std::string statement = Format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} AS s WHERE true",
									   table_, columns_, columns_, staged_.Name());
		if (first > 0 || end < count_) {
			statement += Range(first, end);
		}
		if (without.empty()) {
			return static_cast<int64_t>(pg::Sql(statement).Processed());
		}
		std::string list = "{";
		for (int64_t const row : without) {
			list += Format("{}{}", list.size() == 1 ? "" : ",", row);
		}
		statement += Format(" AND s.{} OPERATOR(pg_catalog.<>) ALL ($1::pg_catalog.int8[])", kNumber);
		return static_cast<int64_t>(pg::Sql(statement, {list + "}"}).Processed());
	}

private:
	struct Place {
		int64_t first; // of the rows that were written together
		BlockNumber block;
	};

	// By the pages as well, so that no more are read than have some of them.
	std::string Range(int64_t first, int64_t end) const
	{
		auto const from = std::prev(std::upper_bound(
			places_.begin(), places_.end(), first, [](int64_t row, const Place &place) { return row < place.first; }));
		auto const to = std::lower_bound(places_.begin(), places_.end(), end,
										 [](const Place &place, int64_t row) { return place.first < row; });
		std::string range =
			Format(" AND s.{0} OPERATOR(pg_catalog.>=) {1} AND s.{0} OPERATOR(pg_catalog.<) {2} AND s.ctid "
				   "OPERATOR(pg_catalog.>=) '({3},0)'::pg_catalog.tid",
				   kNumber, first, end, from->block);
		if (to != places_.end()) {
			range += Format(" AND s.ctid OPERATOR(pg_catalog.<) '({},0)'::pg_catalog.tid", to->block + 1);
		}
		return range;
	}

	std::string const table_;
	std::string columns_;
	StagedRows staged_;
	std::vector<Place> places_;
	int64_t count_ = 0;
};

} // namespace

LoadOutcome
InsertPuttingAside(const LoadRequest &request)
{
	Destination &destination = request.destination;
	AsideSource source(request);
	MappedQuery const query = source.StagedQuery(nullptr);
	NumberedRows rows(destination, request.match);
	ColumnMatch const match = MatchColumns(query, rows.Table(), nullptr);
	WireReader reader(source.Rows(), query.Analyzed(), match.target_list, RelationGetDescr(rows.Table()));
	reader.Recognize(KnownOf(request));
	reader.PutAside(request.quarantine);
	SpooledRows originals(source.Rows().RowType());
	int64_t const before = request.journal.Rejected().Count();
	Stage(request, reader, [&](Batch *batch) {
		originals.Keep(batch, reader.Origins());
		rows.Write(batch);
	});
	source.Finish();
	rows.Close();
	request.journal.Info(Format("{} rows staged in a temporary table", rows.Count()));
	pg::Call(table_close, std::exchange(destination.relation, nullptr), NoLock);
	if (request.plan.mode == LoadMode::Replace) {
		uint64_t const deleted = DeleteOldRows(destination, request.journal);
		if (rows.Count() == 0 && request.plan.refuses_empty && deleted > 0) {
			RefuseEmpty(destination.name);
		}
	}
	if (!request.plan.may_defer) {
		// So that what fails is the row's statement. The caller's transaction has others to come.
		pg::Sql("SET CONSTRAINTS ALL IMMEDIATE");
	}
	LoadCounts counts;
	counts.inserted = InsertTrying(request, originals, rows.Count(), pg::Subtransaction,
								   [&rows](int64_t first, int64_t end, const std::vector<int64_t> &without) {
									   return rows.Insert(first, end, without);
								   });
	request.quarantine->End(reader.RowsRead());
	counts.rejected = request.journal.Rejected().Count() - before;
	request.progress.Counters().records_processed += counts.Processed();
	originals.Drop();
	rows.Drop();
	return {counts};
}

} // namespace sluice::engine
