// Pages of one fork of a file that is new in this transaction: made in private memory, in order, WAL-logged
// many at a time, written once, past shared buffers. From 17 on the server has this (storage/bulk_write.h); for
// 15 and 16 it is done here by the same protocol. With compat.hpp the only place that looks at PG_VERSION_NUM.
//
// Leaf regime. After an error the transaction's abort drops the file and the memory.
#pragma once

#include "pg/prelude.hpp"

extern "C" {
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/storage_xlog.h"
#include "storage/bufpage.h"
#include "storage/smgr.h"
#if PG_VERSION_NUM >= 170000
#include "storage/bulk_write.h"
#endif
}

namespace sluice::pg::compat {

struct NewFork {
	Relation relation;
	ForkNumber number;
	bool standard;	  // page layout: what lies between pd_lower and pd_upper need not be logged
	BlockNumber next; // block of the page that is given out
#if PG_VERSION_NUM >= 170000
	BulkWriteState *state;
	BulkWriteBuffer current;
#else
	XLogRecPtr redo_at_start;
	char *memory;
	char *pages; // the same, aligned
	int pending; // pages filled and not written
#endif
};

// WAL says that the fork exists where its pages are logged, too.
inline void
CreateFork(Relation relation, ForkNumber fork)
{
	smgrcreate(RelationGetSmgr(relation), fork, false);
	if (RelationNeedsWAL(relation)) {
#if PG_VERSION_NUM >= 160000
		log_smgrcreate(&relation->rd_locator, fork);
#else
		log_smgrcreate(&relation->rd_node, fork);
#endif
	}
}

// The file was made by the current (sub)transaction.
inline bool
IsNewFile(Relation relation)
{
	SubTransactionId const now = GetCurrentSubTransactionId();
#if PG_VERSION_NUM >= 160000
	return relation->rd_createSubid == now || relation->rd_newRelfilelocatorSubid == now;
#else
	return relation->rd_createSubid == now || relation->rd_newRelfilenodeSubid == now;
#endif
}

#if PG_VERSION_NUM >= 170000

inline void
OpenNewFork(NewFork *fork, Relation relation, ForkNumber number, bool standard)
{
	memset(fork, 0, sizeof(*fork));
	fork->relation = relation;
	fork->number = number;
	fork->standard = standard;
	fork->state = smgr_bulk_start_rel(relation, number);
}

// Memory for block `next`, with anything in it.
inline Page
TakeNewPage(NewFork *fork)
{
	fork->current = smgr_bulk_get_buf(fork->state);
	return reinterpret_cast<Page>(fork->current);
}

// The page that was taken is complete.
inline void
PutNewPage(NewFork *fork)
{
	smgr_bulk_write(fork->state, fork->next++, fork->current, fork->standard);
}

inline void
CloseNewFork(NewFork *fork)
{
	smgr_bulk_finish(fork->state);
}

#else

inline constexpr int kNewForkPages = 32; // the most that one WAL record takes

inline void
OpenNewFork(NewFork *fork, Relation relation, ForkNumber number, bool standard)
{
	memset(fork, 0, sizeof(*fork));
	fork->relation = relation;
	fork->number = number;
	fork->standard = standard;
	fork->redo_at_start = GetRedoRecPtr();
	// Direct I/O, where it is compiled in, wants aligned memory.
	Size const alignment = 4096;
	fork->memory = static_cast<char *>(palloc(kNewForkPages * BLCKSZ + alignment));
	fork->pages = reinterpret_cast<char *>(TYPEALIGN(alignment, fork->memory));
}

inline void
WriteNewPages(NewFork *fork, bool last)
{
	BlockNumber blocks[kNewForkPages];
	Page pages[kNewForkPages];
	BlockNumber const first = fork->next - fork->pending;
	for (int i = 0; i < fork->pending; ++i) {
		blocks[i] = first + i;
		pages[i] = fork->pages + static_cast<Size>(i) * BLCKSZ;
	}
	if (RelationNeedsWAL(fork->relation)) {
#if PG_VERSION_NUM >= 160000
		log_newpages(&fork->relation->rd_locator, fork->number, fork->pending, blocks, pages, fork->standard);
#else
		log_newpages(&fork->relation->rd_node, fork->number, fork->pending, blocks, pages, fork->standard);
#endif
	}
	for (int i = 0; i < fork->pending; ++i) {
		PageSetChecksumInplace(pages[i], blocks[i]);
		// A segment is announced to the checkpointer once, with the last page that is written to it.
		bool const ends_segment = blocks[i] % RELSEG_SIZE == RELSEG_SIZE - 1 || (last && i == fork->pending - 1);
		smgrextend(RelationGetSmgr(fork->relation), fork->number, blocks[i], pages[i], !ends_segment);
	}
	fork->pending = 0;
}

// One page at least is kept back until CloseNewFork, which so knows the last one.
inline Page
TakeNewPage(NewFork *fork)
{
	if (fork->pending == kNewForkPages) {
		WriteNewPages(fork, false);
	}
	return fork->pages + static_cast<Size>(fork->pending) * BLCKSZ;
}

inline void
PutNewPage(NewFork *fork)
{
	++fork->pending;
	++fork->next;
}

// A crash replays WAL from the last checkpoint's redo point, so pages logged before it must be on disk: with no
// checkpoint since the start there is none such, and the next one will sync the segments announced to it. All are
// announced before the question is asked, so a checkpoint that starts right after it knows them. Without WAL the
// announcement serves unlogged tables (a clean shutdown syncs them); the commit syncs the others (wal_level minimal).
inline void
CloseNewFork(NewFork *fork)
{
	if (fork->pending > 0) {
		WriteNewPages(fork, true);
	}
	if (fork->next > 0 && RelationNeedsWAL(fork->relation) && GetRedoRecPtr() != fork->redo_at_start) {
		smgrimmedsync(RelationGetSmgr(fork->relation), fork->number);
	}
	pfree(fork->memory);
}

#endif

} // namespace sluice::pg::compat
