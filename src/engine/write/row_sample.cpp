#include "engine/write/row_sample.hpp"

namespace sluice::engine::leaf {

namespace {

// Rows of 500 bytes at the usual statistics target. Beyond it the rows are left to ANALYZE.
constexpr Size kMostMemory = 16 * 1024 * 1024;

HeapTuple
CopyRow(const RowSample *sample, HeapTupleHeader header, Size length)
{
	auto *copy = static_cast<HeapTuple>(MemoryContextAlloc(sample->memory, HEAPTUPLESIZE + length));
	copy->t_len = static_cast<uint32>(length);
	copy->t_self = header->t_ctid;
	copy->t_tableOid = InvalidOid;
	copy->t_data = reinterpret_cast<HeapTupleHeader>(reinterpret_cast<char *>(copy) + HEAPTUPLESIZE);
	memcpy(copy->t_data, header, length);
	return copy;
}

int
ByPlace(const void *left, const void *right)
{
	return ItemPointerCompare(&(*static_cast<const HeapTuple *>(left))->t_self,
							  &(*static_cast<const HeapTuple *>(right))->t_self);
}

} // namespace

void
OpenRowSample(RowSample *sample, int wanted)
{
	sample->wanted = wanted;
	sample->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice row sample", ALLOCSET_DEFAULT_SIZES);
	sample->rows = static_cast<HeapTuple *>(MemoryContextAlloc(sample->memory, sizeof(HeapTuple) * wanted));
	reservoir_init_selection_state(&sample->state, wanted);
}

void
TakeRow(RowSample *sample, HeapTupleHeader tuple, Size length)
{
	if (sample->given_up) {
		return;
	}
	if (sample->count < sample->wanted) {
		sample->rows[sample->count++] = CopyRow(sample, tuple, length);
	} else {
		int const place = std::min(static_cast<int>(sample->wanted * sampler_random_fract(&sample->state.randstate)),
								   sample->wanted - 1);
		pfree(sample->rows[place]);
		sample->rows[place] = CopyRow(sample, tuple, length);
	}
	sample->seen += 1;
	if (sample->count == sample->wanted) {
		sample->skip = reservoir_get_next_S(&sample->state, sample->seen, sample->wanted);
		sample->seen += sample->skip;
	}
	if (MemoryContextMemAllocated(sample->memory, false) > kMostMemory) {
		MemoryContextReset(sample->memory);
		sample->count = 0;
		sample->given_up = true;
	}
}

void
SortRowSample(RowSample *sample)
{
	qsort(sample->rows, sample->count, sizeof(HeapTuple), ByPlace);
}

} // namespace sluice::engine::leaf
