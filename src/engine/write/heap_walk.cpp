#include "engine/write/heap_walk.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/stratnum.h"
#include "storage/bufmgr.h"
#include "utils/datum.h"
}

namespace sluice::engine::leaf {

namespace {

void
FindKeys(HeapWalk *walk)
{
	const Relation index = walk->index;
	walk->key_count = index->rd_index->indnkeyatts;
	for (int i = 0; i < walk->key_count; ++i) {
		for (int column = 0; column < walk->column_count; ++column) {
			if (walk->columns[column].number == index->rd_index->indkey.values[i]) {
				walk->keys[i] = column;
			}
		}
		Oid const type = index->rd_opcintype[i];
		RegProcedure const equal =
			get_opcode(get_opfamily_member(index->rd_opfamily[i], type, type, BTEqualStrategyNumber));
		fmgr_info(equal, &walk->equal[i]);
		ScanKeyEntryInitialize(&walk->scan_keys[i], 0, static_cast<AttrNumber>(i + 1), BTEqualStrategyNumber,
							   InvalidOid, index->rd_indcollation[i], equal, 0);
	}
}

// Its visible rows; the walk is before the first of them.
void
ReadPage(HeapWalk *walk, BlockNumber block)
{
	CHECK_FOR_INTERRUPTS();
	ExecClearTuple(walk->here);
	if (BufferIsValid(walk->buffer)) {
		ReleaseBuffer(walk->buffer);
	}
	walk->buffer = ReadBufferExtended(walk->heap, MAIN_FORKNUM, block, RBM_NORMAL, walk->strategy);
	walk->block = block;
	walk->next = 0;
	walk->place_count = 0;
	LockBuffer(walk->buffer, BUFFER_LOCK_SHARE);
	Page const page = BufferGetPage(walk->buffer);
	bool const all_visible = PageIsAllVisible(page) && !walk->snapshot->takenDuringRecovery;
	OffsetNumber const last = PageGetMaxOffsetNumber(page);
	HeapTupleData tuple;
	tuple.t_tableOid = RelationGetRelid(walk->heap);
	for (OffsetNumber place = FirstOffsetNumber; place <= last; ++place) {
		ItemId const item = PageGetItemId(page, place);
		if (!ItemIdIsNormal(item)) {
			continue;
		}
		tuple.t_data = reinterpret_cast<HeapTupleHeader>(PageGetItem(page, item));
		tuple.t_len = ItemIdGetLength(item);
		ItemPointerSet(&tuple.t_self, block, place);
		if (all_visible || HeapTupleSatisfiesVisibility(&tuple, walk->snapshot, walk->buffer)) {
			walk->places[walk->place_count++] = place;
		}
	}
	LockBuffer(walk->buffer, BUFFER_LOCK_UNLOCK);
	MarksOf(walk->marks, block)->rows = static_cast<uint16>(walk->place_count);
}

// The pin keeps the row where it is.
void
StoreHere(HeapWalk *walk, OffsetNumber place)
{
	Page const page = BufferGetPage(walk->buffer);
	ItemId const item = PageGetItemId(page, place);
	walk->tuple.t_tableOid = RelationGetRelid(walk->heap);
	walk->tuple.t_data = reinterpret_cast<HeapTupleHeader>(PageGetItem(page, item));
	walk->tuple.t_len = ItemIdGetLength(item);
	ItemPointerSet(&walk->tuple.t_self, walk->block, place);
	ExecStoreBufferHeapTuple(&walk->tuple, walk->here, walk->buffer);
}

bool
Counts(const HeapWalk *walk, TupleTableSlot *row)
{
	return walk->current.number == 0 || SaysSo(&walk->current, row);
}

// To the next row that counts.
void
Advance(HeapWalk *walk)
{
	walk->is_taken = false;
	for (;;) {
		while (walk->next < walk->place_count) {
			StoreHere(walk, walk->places[walk->next++]);
			if (Counts(walk, walk->here)) {
				return;
			}
		}
		if (walk->block + 1 >= walk->blocks) {
			ExecClearTuple(walk->here);
			return;
		}
		ReadPage(walk, walk->block + 1);
	}
}

bool
HasKeyOf(HeapWalk *walk, TupleTableSlot *row, TupleTableSlot *here)
{
	TupleDesc const row_type = RelationGetDescr(walk->heap);
	for (int i = 0; i < walk->key_count; ++i) {
		AttrNumber const number = walk->columns[walk->keys[i]].number;
		bool is_null = false;
		Datum const value = slot_getattr(here, number, &is_null);
		if (is_null || row->tts_isnull[walk->keys[i]]) {
			return false;
		}
		Datum const wanted = row->tts_values[walk->keys[i]];
		Form_pg_attribute const attribute = TupleDescAttr(row_type, number - 1);
		if (datum_image_eq(value, wanted, attribute->attbyval, attribute->attlen)) {
			continue;
		}
		if (!DatumGetBool(FunctionCall2Coll(&walk->equal[i], walk->index->rd_indcollation[i], value, wanted))) {
			return false;
		}
	}
	return true;
}

bool
Probe(HeapWalk *walk, TupleTableSlot *row)
{
	for (int i = 0; i < walk->key_count; ++i) {
		if (row->tts_isnull[walk->keys[i]]) {
			return false;
		}
		walk->scan_keys[i].sk_argument = row->tts_values[walk->keys[i]];
	}
	walk->probed++;
	MemoryContext const old = MemoryContextSwitchTo(walk->memory);
	index_rescan(walk->scan, walk->scan_keys, walk->key_count, nullptr, 0);
	bool const found = index_getnext_slot(walk->scan, ForwardScanDirection, walk->found);
	MemoryContextSwitchTo(old);
	return found;
}

// Two rows of the same page in a row: the stream goes on there.
void
Follow(HeapWalk *walk)
{
	BlockNumber const block = ItemPointerGetBlockNumber(&walk->found->tts_tid);
	bool const stays = block == walk->block;
	if (stays || block == walk->last_found) {
		if (!stays) {
			ReadPage(walk, block);
		}
		const OffsetNumber *const behind = std::upper_bound(walk->places, walk->places + walk->place_count,
															ItemPointerGetOffsetNumber(&walk->found->tts_tid));
		walk->next = static_cast<int>(behind - walk->places);
		Advance(walk);
	}
	walk->last_found = block;
}

} // namespace

HeapWalk *
OpenHeapWalk(Oid heap, const char *index, WalkedFlag current, WalkedFlag marked, const WalkedColumn *columns,
			 int column_count)
{
	auto *walk = static_cast<HeapWalk *>(palloc0(sizeof(HeapWalk)));
	walk->heap = table_open(heap, NoLock);
	walk->index = index_open(get_relname_relid(index, RelationGetNamespace(walk->heap)), AccessShareLock);
	walk->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	walk->memory = CurrentMemoryContext;
	walk->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice heap walk", ALLOCSET_DEFAULT_SIZES);
	walk->blocks = RelationGetNumberOfBlocks(walk->heap);
	// As a sequential scan does.
	walk->strategy = walk->blocks > static_cast<BlockNumber>(NBuffers) / 4 ? GetAccessStrategy(BAS_BULKREAD) : nullptr;
	walk->marks = OpenMarks(walk->blocks, kMarkMemory);
	walk->current = current;
	walk->marked = marked;
	walk->column_count = column_count;
	auto *copy = static_cast<WalkedColumn *>(palloc(sizeof(WalkedColumn) * static_cast<Size>(column_count)));
	memcpy(copy, columns, sizeof(WalkedColumn) * static_cast<Size>(column_count));
	walk->columns = copy;
	for (int i = 0; i < column_count; ++i) {
		if (columns[i].is_compared) {
			walk->last_compared = std::max(walk->last_compared, columns[i].number);
		}
	}
	FindKeys(walk);
	walk->scan = pg::compat::BeginIndexScan(walk->heap, walk->index, walk->snapshot, walk->key_count);
	walk->found = table_slot_create(walk->heap, nullptr);
	walk->here = MakeSingleTupleTableSlot(RelationGetDescr(walk->heap), &TTSOpsBufferHeapTuple);
	walk->buffer = InvalidBuffer;
	walk->block = InvalidBlockNumber;
	walk->last_found = InvalidBlockNumber;
	walk->is_taken = true;
	return walk;
}

TupleTableSlot *
FindRow(HeapWalk *walk, TupleTableSlot *row)
{
	if (walk->blocks == 0) {
		return nullptr;
	}
	if (walk->is_taken) {
		Advance(walk);
	}
	if (!TupIsNull(walk->here) && HasKeyOf(walk, row, walk->here)) {
		walk->is_taken = true;
		walk->walked++;
		return walk->here;
	}
	if (!Probe(walk, row)) {
		return nullptr;
	}
	Follow(walk);
	return walk->found;
}

bool
IsSameRow(const HeapWalk *walk, TupleTableSlot *row, TupleTableSlot *found)
{
	TupleDesc const row_type = RelationGetDescr(walk->heap);
	slot_getsomeattrs(found, walk->last_compared);
	for (int i = 0; i < walk->column_count; ++i) {
		if (!walk->columns[i].is_compared) {
			continue;
		}
		int const number = walk->columns[i].number - 1;
		if (row->tts_isnull[i] != found->tts_isnull[number]) {
			return false;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, number);
		if (!row->tts_isnull[i] &&
			!datum_image_eq(row->tts_values[i], found->tts_values[number], attribute->attbyval, attribute->attlen)) {
			return false;
		}
	}
	return true;
}

bool
SaysSo(const WalkedFlag *flag, TupleTableSlot *row)
{
	bool is_null = false;
	Datum const value = slot_getattr(row, flag->number, &is_null);
	return !is_null && (flag->is_time || DatumGetBool(value));
}

void
BeginUnmet(HeapWalk *walk)
{
	walk->block = InvalidBlockNumber;
	walk->place_count = 0;
	walk->next = 0;
}

TupleTableSlot *
NextUnmet(HeapWalk *walk)
{
	for (;;) {
		const PageMarks *page = walk->place_count > 0 ? MarksOf(walk->marks, walk->block) : nullptr;
		while (walk->next < walk->place_count) {
			OffsetNumber const place = walk->places[walk->next++];
			if (IsMet(page, place)) {
				continue;
			}
			StoreHere(walk, place);
			if (Counts(walk, walk->here) && (walk->marked.number == 0 || !SaysSo(&walk->marked, walk->here))) {
				return walk->here;
			}
		}
		BlockNumber block = walk->block + 1;
		for (; block < walk->blocks; ++block) {
			page = MarksOf(walk->marks, block);
			if (page->rows == 0 || page->met < page->rows) {
				break;
			}
		}
		if (block >= walk->blocks) {
			return nullptr;
		}
		ReadPage(walk, block);
	}
}

void
CloseHeapWalk(HeapWalk *walk)
{
	ExecDropSingleTupleTableSlot(walk->here);
	ExecDropSingleTupleTableSlot(walk->found);
	if (BufferIsValid(walk->buffer)) {
		ReleaseBuffer(walk->buffer);
	}
	index_endscan(walk->scan);
	CloseMarks(walk->marks);
	if (walk->strategy != nullptr) {
		FreeAccessStrategy(walk->strategy);
	}
	UnregisterSnapshot(walk->snapshot);
	MemoryContextDelete(walk->scratch);
	index_close(walk->index, NoLock);
	table_close(walk->heap, NoLock);
}

} // namespace sluice::engine::leaf
