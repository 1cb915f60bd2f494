#include "engine/write/direct_writer.hpp"

extern "C" {
#include "access/heaptoast.h"
#include "access/visibilitymap.h"
#include "storage/bufmgr.h"
}

namespace sluice::engine::leaf {

namespace {

// The visibility map (access/heap/visibilitymap.c): two bits a heap block behind the header of each page.
constexpr Size kMapBytes = BLCKSZ - MAXALIGN(SizeOfPageHeaderData);
constexpr BlockNumber kBlocksPerByte = 8 / BITS_PER_HEAPBLOCK;
static_assert(BITS_PER_HEAPBLOCK == 2 && (VISIBILITYMAP_ALL_VISIBLE | VISIBILITYMAP_ALL_FROZEN) == 0x03);

void
FinishPage(DirectWriter *writer)
{
	if (writer->frozen) {
		PageSetAllVisible(writer->page);
	}
	if (writer->shared != nullptr) {
		PutSharedPage(writer->shared);
	} else {
		pg::compat::PutNewPage(&writer->heap);
	}
	writer->page = nullptr;
}

void
StartPage(DirectWriter *writer)
{
	writer->page = writer->shared != nullptr ? TakeSharedPage(writer->shared) : pg::compat::TakeNewPage(&writer->heap);
	// All zeroes: the space between the columns of a tuple has to be.
	PageInit(writer->page, BLCKSZ, 0);
}

// Whether the current page takes a tuple of that length. An empty one takes any, whatever is to be kept free.
bool
HasRoom(const DirectWriter *writer, Size length)
{
	if (writer->page == nullptr) {
		return false;
	}
	const auto *header = reinterpret_cast<const PageHeaderData *>(writer->page);
	Size const kept_free = header->pd_lower > SizeOfPageHeaderData ? writer->kept_free : 0;
	return header->pd_lower + sizeof(ItemIdData) + length + kept_free <= header->pd_upper;
}

// Room for a tuple of that length, on the current page or the next; its line pointer is made.
HeapTupleHeader
PlaceTuple(DirectWriter *writer, Size length)
{
	Size const aligned = MAXALIGN(length);
	if (!HasRoom(writer, aligned)) {
		if (writer->page != nullptr) {
			FinishPage(writer);
		}
		StartPage(writer);
	}
	auto *header = reinterpret_cast<PageHeader>(writer->page);
	header->pd_upper -= aligned;
	ItemId const item = reinterpret_cast<ItemId>(writer->page + header->pd_lower);
	header->pd_lower += sizeof(ItemIdData);
	ItemIdSetNormal(item, header->pd_upper, length);
	return reinterpret_cast<HeapTupleHeader>(writer->page + header->pd_upper);
}

void
TakeBack(DirectWriter *writer, Size length)
{
	auto *header = reinterpret_cast<PageHeader>(writer->page);
	header->pd_lower -= sizeof(ItemIdData);
	memset(writer->page + header->pd_lower, 0, sizeof(ItemIdData));
	memset(writer->page + header->pd_upper, 0, MAXALIGN(length));
	header->pd_upper += MAXALIGN(length);
}

// The tuple is complete but for its own place.
void
FinishTuple(DirectWriter *writer, HeapTupleHeader tuple, Size length)
{
	ItemPointerSet(&tuple->t_ctid, writer->heap.next, PageGetMaxOffsetNumber(writer->page));
	if (writer->sample != nullptr) {
		OfferRow(writer->sample, tuple, length);
	}
}

// A row that is long or has values elsewhere: these are compressed or moved to the TOAST table first.
void
StoreLongRow(DirectWriter *writer, TupleDesc row_type, TupleTableSlot *slot)
{
	CHECK_FOR_INTERRUPTS();
	HeapTuple tuple = heap_form_tuple(row_type, slot->tts_values, slot->tts_isnull);
	HeapTuple const stored = heap_toast_insert_or_update(writer->target, tuple, nullptr, writer->options);
	if (stored->t_len > MaxHeapTupleSize) {
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("row is too big: size %zu, maximum size %zu", static_cast<Size>(stored->t_len),
							   static_cast<Size>(MaxHeapTupleSize)),
						errhint("Leave out columns, or load them into several tables.")));
	}
	HeapTupleHeader const place = PlaceTuple(writer, stored->t_len);
	memcpy(place, stored->t_data, stored->t_len);
	place->t_choice.t_heap = writer->stamp;
	place->t_infomask = static_cast<uint16>((place->t_infomask & ~HEAP_XACT_MASK) | writer->visibility);
	place->t_infomask2 &= ~HEAP2_XACT_MASK;
	FinishTuple(writer, place, stored->t_len);
	if (stored != tuple) {
		heap_freetuple(stored);
	}
	heap_freetuple(tuple);
}

void
StoreRow(DirectWriter *writer, TupleDesc row_type, TupleTableSlot *slot)
{
	int const natts = row_type->natts;
	bool const has_null = memchr(slot->tts_isnull, 1, natts) != nullptr;
	Size const offset = MAXALIGN(SizeofHeapTupleHeader + (has_null ? BITMAPLEN(natts) : 0));
	Size const data_size = heap_compute_data_size(row_type, slot->tts_values, slot->tts_isnull);
	Size const length = offset + data_size;
	if (length > TOAST_TUPLE_THRESHOLD) {
		StoreLongRow(writer, row_type, slot);
		return;
	}
	HeapTupleHeader const tuple = PlaceTuple(writer, length);
	tuple->t_choice.t_heap = writer->stamp;
	tuple->t_infomask = writer->visibility;
	HeapTupleHeaderSetNatts(tuple, natts);
	tuple->t_hoff = static_cast<uint8>(offset);
	heap_fill_tuple(row_type, slot->tts_values, slot->tts_isnull, reinterpret_cast<char *>(tuple) + offset, data_size,
					&tuple->t_infomask, has_null ? tuple->t_bits : nullptr);
	if ((tuple->t_infomask & HEAP_HASEXTERNAL) != 0) {
		TakeBack(writer, length);
		StoreLongRow(writer, row_type, slot);
		return;
	}
	FinishTuple(writer, tuple, length);
}

// What both kinds of direct writer have.
DirectWriter *
NewWriter(Relation destination, Relation target, bool frozen)
{
	auto *writer = static_cast<DirectWriter *>(palloc0(sizeof(DirectWriter)));
	writer->target = target;
	OpenRowChecks(&writer->checks, destination);
	writer->kept_free = RelationGetTargetPageFreeSpace(target, HEAP_DEFAULT_FILLFACTOR);
	writer->frozen = frozen;
	writer->visibility = static_cast<uint16>((frozen ? HEAP_XMIN_FROZEN : 0) | HEAP_XMAX_INVALID);
	writer->stamp.t_xmin = GetCurrentTransactionId();
	writer->stamp.t_field3.t_cid = GetCurrentCommandId(true);
	// Nothing decodes these rows (who asks for a direct writer made sure), so their long values are not to be either.
	writer->options = TABLE_INSERT_SKIP_FSM | TABLE_INSERT_NO_LOGICAL | (frozen ? TABLE_INSERT_FROZEN : 0);
	writer->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice direct writer", ALLOCSET_DEFAULT_SIZES);
	return writer;
}

} // namespace

const char *
WhyNotNewFile(Relation target)
{
	if (target->rd_tableam != GetHeapamTableAmRoutine()) {
		return "its access method is not heap";
	}
	if (target->rd_rel->relpersistence == RELPERSISTENCE_TEMP) {
		return "it is a temporary table";
	}
	if (target->rd_rel->relhasindex) {
		return "it has indexes already";
	}
	if (!pg::compat::IsNewFile(target) || RelationGetNumberOfBlocks(target) != 0) {
		return "its file is not new";
	}
	return nullptr;
}

DirectWriter *
OpenDirectWriter(Relation destination, Relation target, bool frozen)
{
	// Frozen as COPY FREEZE does it. The file is new in this (sub)transaction, so an abort drops it with its rows; no
	// older snapshot or open cursor of this session can read it, because the table was not there (created), or is
	// checked to be unused before the swap (replaced).
	DirectWriter *writer = NewWriter(destination, target, frozen);
	pg::compat::OpenNewFork(&writer->heap, target, MAIN_FORKNUM, true);
	return writer;
}

void
WriteDirect(DirectWriter *writer, Batch *batch)
{
	if (batch->count == 0) {
		return;
	}
	CHECK_FOR_INTERRUPTS();
	RowChecks *checks = &writer->checks;
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = checks;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext old = MemoryContextSwitchTo(writer->scratch);

	CheckRows(checks, batch);
	for (int i = 0; i < batch->count; ++i) {
		checks->row = i;
		StoreRow(writer, batch->row_type, batch->slots[i]);
	}
	checks->row = -1;
	MemoryContextSwitchTo(old);
	MemoryContextReset(writer->scratch);
	error_context_stack = callback.previous;
	checks->rows += batch->count;
}

DirectWriter *
OpenSharedWriter(Relation destination, Relation target)
{
	// Frozen, although the table outlives this transaction: it is put into use only if none that wrote to it was
	// aborted.
	DirectWriter *writer = NewWriter(destination, target, true);
	writer->shared = OpenSharedPages(target);
	return writer;
}

void
WriteVisibilityMap(Relation target)
{
	BlockNumber left = RelationGetNumberOfBlocks(target);
	// Somebody may have vacuumed what others have filled.
	if (left == 0 || smgrexists(RelationGetSmgr(target), VISIBILITYMAP_FORKNUM)) {
		return;
	}
	pg::compat::CreateFork(target, VISIBILITYMAP_FORKNUM);
	pg::compat::NewFork map;
	// The bits lie where a page of rows has its free space.
	pg::compat::OpenNewFork(&map, target, VISIBILITYMAP_FORKNUM, false);
	while (left > 0) {
		CHECK_FOR_INTERRUPTS();
		Page page = pg::compat::TakeNewPage(&map);
		PageInit(page, BLCKSZ, 0);
		auto *bits = reinterpret_cast<uint8 *>(PageGetContents(page));
		BlockNumber const blocks = std::min<BlockNumber>(left, kMapBytes * kBlocksPerByte);
		memset(bits, 0xFF, blocks / kBlocksPerByte);
		if (BlockNumber const rest = blocks % kBlocksPerByte; rest > 0) {
			bits[blocks / kBlocksPerByte] = static_cast<uint8>((1 << (rest * BITS_PER_HEAPBLOCK)) - 1);
		}
		pg::compat::PutNewPage(&map);
		left -= blocks;
	}
	pg::compat::CloseNewFork(&map);
}

void
WriteDirectRow(DirectWriter *writer, TupleDesc row_type, TupleTableSlot *slot)
{
	StoreRow(writer, row_type, slot);
	writer->checks.rows++;
}

void
CloseDirectWriter(DirectWriter *writer)
{
	if (writer->page != nullptr) {
		FinishPage(writer);
	}
	if (writer->shared != nullptr) {
		CloseSharedPages(writer->shared);
	} else {
		pg::compat::CloseNewFork(&writer->heap);
		if (writer->frozen) {
			WriteVisibilityMap(writer->target);
		}
	}
	if (writer->target == writer->checks.destination) {
		pgstat_count_heap_insert(writer->target, writer->checks.rows);
	}
	MemoryContextDelete(writer->scratch);
	CloseRowChecks(&writer->checks);
}

} // namespace sluice::engine::leaf
