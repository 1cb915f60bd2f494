#include "engine/load/fitting_rows.hpp"

#include "engine/source/quarantine.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

// The order of the others stays.
void
TakeOutRow(Batch *batch, int index)
{
	TupleTableSlot *slot = batch->slots[index];
	for (int i = index; i + 1 < batch->count; ++i) {
		batch->slots[i] = batch->slots[i + 1];
	}
	batch->slots[--batch->count] = slot;
	ExecClearTuple(slot);
}

Conflicts *
MakeConflicts()
{
	auto *conflicts = static_cast<Conflicts *>(palloc0(sizeof(Conflicts)));
	conflicts->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice conflicts", ALLOCSET_SMALL_SIZES);
	return conflicts;
}

} // namespace

} // namespace leaf

FittingRows::FittingRows(Relation destination) : conflicts_(pg::Call(leaf::MakeConflicts))
{
	pg::Call(leaf::OpenRowChecks, &checks_, destination);
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
	pg::Call(leaf::CloseRowChecks, &checks_);
}

} // namespace sluice::engine
