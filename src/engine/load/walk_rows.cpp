#include "engine/load/walk_rows.hpp"

#include "pg/sql.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

Batch *
CreatePlaceBatch()
{
	TupleDesc const row_type = CreateTemplateTupleDesc(2);
	TupleDescInitEntry(row_type, 1, "part", OIDOID, -1, 0);
	TupleDescInitEntry(row_type, 2, "place", TIDOID, -1, 0);
	return CreateBatch(row_type);
}

} // namespace

} // namespace leaf

std::string
WalkedRows::Flag() const
{
	const std::string &column = plan_.mode == LoadMode::History ? plan_.compare.current : plan_.compare.mark_column;
	return column.empty() ? column : pg::QuoteIdentifier(column);
}

WalkedRows::WalkedRows(KeyedRows &rows, const Destination &destination, const LoadPlan &plan, bool keeps_same,
					   RunJournal &journal)
	: rows_(rows), name_(destination.name), plan_(plan), keeps_same_(keeps_same), journal_(journal)
{
	// As a statement, for the rights that it takes and for those who watch statements.
	pg::Sql(Format("SELECT {}{} FROM {} LIMIT 0", rows_.List("", false), Flag().empty() ? "" : ", " + Flag(), name_));
	rows_.OpenWithPlaces();
	leaf::WalkedFlag current{};
	leaf::WalkedFlag marked{};
	if (plan_.mode == LoadMode::History) {
		current.number = pg::Call(get_attnum, destination.oid, plan_.compare.current.c_str());
	} else if (!plan_.compare.mark_column.empty()) {
		marked.number = pg::Call(get_attnum, destination.oid, plan_.compare.mark_column.c_str());
		marked.is_time = plan_.compare.mark_is_time;
	}
	std::vector<leaf::WalkedColumn> const columns = rows_.Walked();
	heap_ = pg::Call(leaf::OpenHeapWalk, destination.oid, plan_.merge.key_index.c_str(), current, marked,
					 columns.data(), static_cast<int>(columns.size()));
	walk_ = pg::Call(leaf::OpenRowWalk, heap_, rows_.PlaceColumn(), keeps_same);
}

// Where each row is another leaf of the index and another page of the table, rows that are to be changed are found
// sooner in the order of the keys: then the leaf that was searched is the one to be written.
void
WalkedRows::LookAtSample()
{
	sample_ = 0;
	walk_->keeps_same = keeps_same_;
	int64_t const probed = walk_->rows - walk_->fresh - heap_->walked;
	gave_up_ = probed >= walk_->rows / 2 && (keeps_same_ || walk_->differing >= walk_->rows / 2);
}

void
WalkedRows::Write(Batch *batch)
{
	if (gave_up_) {
		walk_->rows += batch->count;
		pg::Call(leaf::LeavePlacesOut, walk_, batch);
		rows_.Place().Write(batch);
		return;
	}
	walk_->keeps_same = keeps_same_ || sample_ > 0;
	if (Batch *first = pg::Call(leaf::WalkRows, walk_, batch); first != nullptr) {
		rows_.Place().Write(first);
	}
	rows_.Place().Write(batch);
	if (sample_ > 0 && walk_->rows >= sample_) {
		LookAtSample();
	}
}

void
WalkedRows::Close()
{
	if (gave_up_) {
		journal_.Info("most rows differ and do not come in the order of " + name_ +
					  ": they are looked up in the order of their keys");
		return;
	}
	if (walk_->repeated == 0) {
		rows_.Doubt(walk_->fresh > 0 ? Format("{} IS NULL", kPlace) : "false");
	}
	journal_.Info(Format("{} rows were met where they lie in {}, {} were looked up in its index \"{}\"", heap_->walked,
						 name_, heap_->probed, plan_.merge.key_index));
}

RowChanges
WalkedRows::Find(int64_t duplicates) const
{
	RowChanges changes;
	changes.rows = rows_.Place().Staged();
	if (duplicates == 0 && walk_->repeated == 0) {
		changes.created = walk_->fresh;
		changes.changed = walk_->differing;
		return changes;
	}
	// A row that came more than once was staged, whatever it is.
	pg::Sql(Format("DELETE FROM {} WHERE {} IS NULL AND {} IS NOT NULL", changes.rows, kPart, kPlace));
	pg::SqlResult const counted =
		pg::Sql(Format("SELECT pg_catalog.count(*), pg_catalog.count({}) FROM {}", kPlace, changes.rows));
	changes.changed = counted.Integer(0, 1);
	changes.created = counted.Integer(0, 0) - changes.changed;
	return changes;
}

void
WalkedRows::FindGone(RowChanges *changes)
{
	Batch *const batch = pg::Call(leaf::CreatePlaceBatch);
	pg::Call(leaf::BeginUnmet, heap_);
	while (pg::Call(leaf::FillUnmet, heap_, batch)) {
		if (changes->gone_count == 0) {
			gone_.Open(Format("({} pg_catalog.oid, {} pg_catalog.tid)", kPart, kPlace));
		}
		changes->gone_count += batch->count;
		gone_.Write(batch);
	}
	if (changes->gone_count > 0) {
		gone_.Close();
		changes->gone = gone_.Name();
		pg::Sql("ANALYZE " + changes->gone);
	}
}

void
WalkedRows::End()
{
	pg::Call(leaf::CloseHeapWalk, std::exchange(heap_, nullptr));
	gone_.Drop();
}

} // namespace sluice::engine
