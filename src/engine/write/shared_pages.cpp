#include "engine/write/shared_pages.hpp"

#include "pg/compat_bulk.hpp"

extern "C" {
#include "storage/lmgr.h"
#include "storage/proc.h"
}

namespace sluice::engine::leaf {

namespace {

// A row that was not updated names its own place.
void
SetPlaces(Page page, BlockNumber block)
{
	OffsetNumber const last = PageGetMaxOffsetNumber(page);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset = OffsetNumberNext(offset)) {
		auto *tuple = reinterpret_cast<HeapTupleHeader>(PageGetItem(page, PageGetItemId(page, offset)));
		ItemPointerSet(&tuple->t_ctid, block, offset);
	}
}

// A checkpoint that begins after the pages are logged counts on their being in the file, or at least known to be
// synced: it waits for whoever delays it. One that began before will have their WAL replayed.
void
WritePages(SharedPages *shared)
{
	Relation const relation = shared->relation;
	BlockNumber blocks[kSharedPages];
	Page pages[kSharedPages];
	// Members of a lock group wait for each other here, too.
	LockRelationForExtension(relation, ExclusiveLock);
	BlockNumber const first = smgrnblocks(RelationGetSmgr(relation), MAIN_FORKNUM);
	for (int i = 0; i < shared->count; ++i) {
		blocks[i] = first + i;
		pages[i] = shared->pages + static_cast<Size>(i) * BLCKSZ;
		SetPlaces(pages[i], blocks[i]);
	}
	MyProc->delayChkptFlags |= DELAY_CHKPT_START;
	if (RelationNeedsWAL(relation)) {
		pg::compat::LogNewPages(relation, MAIN_FORKNUM, shared->count, blocks, pages, true);
	}
	for (int i = 0; i < shared->count; ++i) {
		PageSetChecksumInplace(pages[i], blocks[i]);
		// Each segment of the file is announced to the checkpointer once.
		bool const ends = i == shared->count - 1 || blocks[i] % RELSEG_SIZE == RELSEG_SIZE - 1;
		smgrextend(RelationGetSmgr(relation), MAIN_FORKNUM, blocks[i], pages[i], !ends);
	}
	MyProc->delayChkptFlags &= ~DELAY_CHKPT_START;
	UnlockRelationForExtension(relation, ExclusiveLock);
	shared->count = 0;
}

} // namespace

SharedPages *
OpenSharedPages(Relation relation)
{
	auto *shared = static_cast<SharedPages *>(palloc0(sizeof(SharedPages)));
	shared->relation = relation;
	// Direct I/O, where it is compiled in, wants aligned memory.
	Size const alignment = 4096;
	auto *memory = static_cast<char *>(palloc(kSharedPages * BLCKSZ + alignment));
	shared->pages = reinterpret_cast<char *>(TYPEALIGN(alignment, memory));
	return shared;
}

Page
TakeSharedPage(SharedPages *shared)
{
	if (shared->count == kSharedPages) {
		CHECK_FOR_INTERRUPTS();
		WritePages(shared);
	}
	return shared->pages + static_cast<Size>(shared->count) * BLCKSZ;
}

void
PutSharedPage(SharedPages *shared)
{
	++shared->count;
}

void
CloseSharedPages(SharedPages *shared)
{
	if (shared->count > 0) {
		WritePages(shared);
	}
}

} // namespace sluice::engine::leaf
