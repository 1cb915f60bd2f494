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
#else
#include "common/relpath.h"
#include "storage/fd.h"
#endif
}

namespace sluice::pg::compat {

#if PG_VERSION_NUM < 170000
// How pages get into a file: one by one by the storage manager, or many in one write past it. That halves what writing
// costs, but only the server's own storage manager keeps pages where their name says: the first ones are read back.
enum class FileWay { Untried, Together, OneByOne };
#endif

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
	FileWay way;
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

inline void
LogNewPages(Relation relation, ForkNumber fork, int count, BlockNumber *blocks, Page *pages, bool standard)
{
#if PG_VERSION_NUM >= 160000
	log_newpages(&relation->rd_locator, fork, count, blocks, pages, standard);
#else
	log_newpages(&relation->rd_node, fork, count, blocks, pages, standard);
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
static_assert(RELSEG_SIZE % kNewForkPages == 0);

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

// One write for pages that do not cross a segment. False: the file is not where it should be.
inline bool
WritePagesToFile(NewFork *fork, BlockNumber first, int count)
{
	BlockNumber const segment = first / RELSEG_SIZE;
#if PG_VERSION_NUM >= 160000
	if ((io_direct_flags & IO_DIRECT_DATA) != 0) {
		return false;
	}
	char *path = relpath(RelationGetSmgr(fork->relation)->smgr_rlocator, fork->number);
#else
	char *path = relpath(RelationGetSmgr(fork->relation)->smgr_rnode, fork->number);
#endif
	char *name = segment == 0 ? path : psprintf("%s.%u", path, segment);
	int const file = OpenTransientFile(name, O_WRONLY | PG_BINARY);
	if (file < 0) {
		return false;
	}
	Size const bytes = static_cast<Size>(count) * BLCKSZ;
	pgstat_report_wait_start(WAIT_EVENT_DATA_FILE_EXTEND);
	errno = 0;
	ssize_t const written =
		pg_pwrite(file, fork->pages, bytes, static_cast<off_t>(first % RELSEG_SIZE) * static_cast<off_t>(BLCKSZ));
	pgstat_report_wait_end();
	if (written != static_cast<ssize_t>(bytes)) {
		bool const full = errno == 0 || errno == ENOSPC;
		errno = full ? ENOSPC : errno;
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not write file \"%s\": %m", name),
						full ? errhint("Check free disk space.") : 0));
	}
	if (CloseTransientFile(file) != 0) {
		ereport(ERROR, (errcode_for_file_access(), errmsg("could not close file \"%s\": %m", name)));
	}
	if (name != path) {
		pfree(name);
	}
	pfree(path);
	return true;
}

// All pages but the last, which is there already and made the file long enough for them.
inline void
FillInPages(NewFork *fork, BlockNumber first, int count)
{
	if (fork->way != FileWay::OneByOne && WritePagesToFile(fork, first, count)) {
		if (fork->way == FileWay::Together) {
			return;
		}
		char *back = static_cast<char *>(palloc(BLCKSZ));
		smgrread(RelationGetSmgr(fork->relation), fork->number, first, back);
		bool const same = memcmp(back, fork->pages, BLCKSZ) == 0;
		pfree(back);
		if (same) {
			fork->way = FileWay::Together;
			return;
		}
	}
	fork->way = FileWay::OneByOne;
	for (int i = 0; i < count; ++i) {
		smgrwrite(RelationGetSmgr(fork->relation), fork->number, first + i, fork->pages + static_cast<Size>(i) * BLCKSZ,
				  true);
	}
}

inline void
WriteNewPages(NewFork *fork, bool last)
{
	BlockNumber blocks[kNewForkPages];
	Page pages[kNewForkPages];
	int const count = fork->pending;
	BlockNumber const first = fork->next - count;
	for (int i = 0; i < count; ++i) {
		blocks[i] = first + i;
		pages[i] = fork->pages + static_cast<Size>(i) * BLCKSZ;
	}
	if (RelationNeedsWAL(fork->relation)) {
		LogNewPages(fork->relation, fork->number, count, blocks, pages, fork->standard);
	}
	for (int i = 0; i < count; ++i) {
		PageSetChecksumInplace(pages[i], blocks[i]);
	}
	int const end = count - 1;
	smgrextend(RelationGetSmgr(fork->relation), fork->number, blocks[end], pages[end], true);
	if (end > 0) {
		FillInPages(fork, first, end);
	}
	// A segment is announced to the checkpointer once, when all of it is written: with its last page once more.
	if (last || blocks[end] % RELSEG_SIZE == RELSEG_SIZE - 1) {
		smgrwrite(RelationGetSmgr(fork->relation), fork->number, blocks[end], pages[end], false);
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
