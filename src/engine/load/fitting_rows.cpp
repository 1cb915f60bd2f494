#include "engine/load/fitting_rows.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/quarantine.hpp"
#include "engine/write/key_violation.hpp"
#include "pg/constraint_timing.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

Conflicts *
MakeConflicts()
{
	auto *conflicts = static_cast<Conflicts *>(palloc0(sizeof(Conflicts)));
	conflicts->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice conflicts", ALLOCSET_SMALL_SIZES);
	return conflicts;
}

} // namespace

} // namespace leaf

FittingRows::FittingRows(Relation rows) : conflicts_(pg::Call(leaf::MakeConflicts))
{
	pg::Call(leaf::OpenRowChecks, &checks_, rows);
}

FittingRows::FittingRows(Relation rows, const Destination &destination) : FittingRows(rows)
{
	owner_ = destination.traits.owner;
	const leaf::ForeignKeyList *const list = destination.traits.foreign_keys;
	for (int i = 0; list != nullptr && i < list->count; ++i) {
		const leaf::ForeignKey &key = list->keys[i];
		// What refers to it is not a matter of its rows; one that waits for the end of the transaction may come yet.
		if (key.referencing != destination.oid ||
			(list->may_wait && key.deferrable && pg::TimingOf(key.constraint) == pg::ConstraintTiming::Deferred)) {
			continue;
		}
		leaf::KeyProbe *const probe = pg::Call(leaf::OpenKeyProbe, &key, RelationGetDescr(rows), owner_);
		if (probe == nullptr) {
			throw Error(sqlstate::kFeatureNotSupported,
						Format("rows that do not fit into {} cannot be put aside, because foreign key \"{}\" is about "
							   "columns that are not loaded",
							   destination.name, key.name),
						"Leave on_reject out, or load those columns as well.");
		}
		keys_.push_back({key, probe});
	}
}

void
FittingRows::CheckKey(const Key &key, Batch *batch, const Reject &reject)
{
	const leaf::MissingKeys *const missing = pg::Call(leaf::FindMissing, key.probe, batch);
	for (int i = 0; i < missing->count; ++i) {
		const leaf::MissingKey &found = missing->list[i];
		const TupleTableSlot *const row = batch->slots[found.row];
		ForeignKeyCheck const check{key.key, true, nullptr, owner_, GetUserId(), "Load the referenced rows first."};
		reject(row, leaf::PositionOf(row), ViolationOf(check, found.key, found.has_null));
	}
	for (int i = missing->count - 1; i >= 0; --i) {
		pg::Call(leaf::TakeOutRow, batch, missing->list[i].row);
	}
}

void
FittingRows::Check(Batch *batch, const Reject &reject)
{
	for (int first = 0;;) {
		std::optional<Error> const failure =
			pg::Subtransaction([&] { pg::Call(leaf::CheckRows, &checks_, batch, first); });
		if (!failure) {
			break;
		}
		if (!IsOfRow(*failure) || checks_.row < 0) {
			throw *failure;
		}
		first = checks_.row;
		const TupleTableSlot *const row = batch->slots[first];
		reject(row, leaf::PositionOf(row), *failure);
		pg::Call(leaf::TakeOutRow, batch, first);
	}
	checks_.row = -1;
	for (const Key &key : keys_) {
		CheckKey(key, batch, reject);
	}
	batch->is_checked = true;
	batch->conflicts = conflicts_;
	conflicts_->count = 0;
	positions_.clear();
	for (int i = 0; i < batch->count; ++i) {
		positions_.push_back(leaf::PositionOf(batch->slots[i]));
	}
}

int
FittingRows::RejectConflicts(const Batch *batch, const Reject &reject)
{
	for (int i = 0; i < conflicts_->count; ++i) {
		const Conflict &conflict = conflicts_->list[i];
		ErrorInfo info;
		info.sqlstate = conflict.sqlstate;
		info.message = conflict.message;
		info.detail = conflict.detail != nullptr ? conflict.detail : "";
		info.constraint_name = conflict.constraint;
		reject(batch->slots[conflict.row], positions_[static_cast<size_t>(conflict.row)], Error(std::move(info)));
	}
	if (conflicts_->count > 0) {
		pg::Call(MemoryContextReset, conflicts_->memory);
	}
	return conflicts_->count;
}

void
FittingRows::Close()
{
	for (const Key &key : keys_) {
		pg::Call(leaf::CloseKeyProbe, key.probe);
	}
	pg::Call(leaf::CloseRowChecks, &checks_);
}

} // namespace sluice::engine
