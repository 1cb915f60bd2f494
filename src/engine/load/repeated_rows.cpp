#include "engine/load/repeated_rows.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

TupleTableSlot *
MakeSlot(TupleDesc row_type)
{
	return MakeSingleTupleTableSlot(row_type, &TTSOpsMinimalTuple);
}

void
KeepRows(Tuplestorestate *kept, const Batch *rows)
{
	for (int i = 0; i < rows->count; ++i) {
		tuplestore_putvalues(kept, rows->row_type, rows->slots[i]->tts_values, rows->slots[i]->tts_isnull);
	}
}

void
Skip(Tuplestorestate *kept, int64 rows)
{
	if (rows > 0 && !tuplestore_skiptuples(kept, rows, true)) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a row that was kept is not there any more")));
	}
}

// Another place to read on from: where that one is.
int
CopyReader(Tuplestorestate *kept, int from)
{
	int const mark = tuplestore_alloc_read_pointer(kept, EXEC_FLAG_REWIND);
	tuplestore_copy_read_pointer(kept, from, mark);
	return mark;
}

// Appends the next one.
void
Fetch(Tuplestorestate *kept, TupleTableSlot *slot, Batch *batch)
{
	if (!tuplestore_gettupleslot(kept, true, true, slot)) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("a row that was kept is not there any more")));
	}
	slot_getallattrs(slot);
	AppendCopy(batch, slot);
}

} // namespace

} // namespace leaf

namespace {

// Marks cost memory; what lies between two of them is read in vain.
constexpr int64_t kMostMarks = 500;
constexpr int64_t kLeastStep = 500;

} // namespace

RepeatedRows::RepeatedRows(TupleDesc row_type)
	: rows_(pg::Call(tuplestore_begin_heap, false, false, work_mem)), batch_(pg::Call(leaf::CreateBatch, row_type)),
	  slot_(pg::Call(leaf::MakeSlot, batch_->row_type))
{}

void
RepeatedRows::Keep(const Batch *rows)
{
	pg::Call(leaf::KeepRows, rows_, rows);
	count_ += rows->count;
}

void
RepeatedRows::Mark()
{
	step_ = std::max(kLeastStep, count_ / kMostMarks + 1);
	// The first one is never read from.
	reader_ = pg::Call(leaf::CopyReader, rows_, 0);
	pg::Call(tuplestore_select_read_pointer, rows_, reader_);
	for (int64_t first = 0; first < count_; first += step_) {
		marks_.push_back(pg::Call(leaf::CopyReader, rows_, reader_));
		if (first + step_ < count_) {
			pg::Call(leaf::Skip, rows_, step_);
		}
	}
}

void
RepeatedRows::Give(int64_t first, int64_t end, const std::vector<int64_t> &without,
				   const std::function<void(Batch *)> &write)
{
	if (marks_.empty()) {
		Mark();
	}
	pg::Call(tuplestore_copy_read_pointer, rows_, marks_[static_cast<size_t>(first / step_)], reader_);
	pg::Call(leaf::Skip, rows_, first % step_);
	auto left_out = without.begin();
	pg::Call(leaf::ResetBatch, batch_);
	for (int64_t row = first; row < end; ++row) {
		if (left_out != without.end() && *left_out == row) {
			++left_out;
			pg::Call(leaf::Skip, rows_, 1);
			continue;
		}
		pg::Call(leaf::Fetch, rows_, slot_, batch_);
		if (leaf::BatchIsFull(batch_)) {
			write(batch_);
			pg::Call(leaf::ResetBatch, batch_);
		}
	}
	if (batch_->count > 0) {
		write(batch_);
	}
}

void
RepeatedRows::Drop()
{
	pg::Call(ExecDropSingleTupleTableSlot, slot_);
	pg::Call(tuplestore_end, rows_);
}

} // namespace sluice::engine
