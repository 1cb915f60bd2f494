// What the run worker and the streams of its load tell each other, in dynamic shared memory that lives as long as the
// load. Leaf code: plain data under one spinlock.
#pragma once

#include "core/parallel_choice.hpp"
#include "core/steady_clock.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine {

inline constexpr Size kErrorBytes = 16 * 1024;

enum class PieceState : int {
	Free = 0, // nobody has it, or who had it is gone without having committed it
	Open,
	Done, // its rows are committed
};

// A part of the source. A worker loads all that it takes in one transaction, and the commit log alone says whether that
// was committed: a process may die between its commit and its saying so.
struct ParallelPiece {
	PieceState state;
	int worker;
	TransactionId transaction; // that writes the rows; invalid until just before the first
	int64 rows_read;
	int64 rows;
	int64 bytes;
};

struct ParallelPlace {
	int pid; // 0: not there
	bool joined;
	bool finished; // left because there was nothing left to do, or with an error that it told
	SteadyTime started_at;
	SteadyTime ended_at;
};

struct ParallelBoard {
	slock_t lock;
	Oid database;
	Oid owner;		 // of the pipeline: who loads
	Oid destination; // locked by the run worker, whose lock group the streams join; InvalidOid: nobody else sees it yet
	Oid staging;	 // where rows go; InvalidOid: the first worker makes it
	PGPROC *leader;	 // the run worker
	int leader_pid;
	bool stop;		// nothing more is to be done
	bool has_error; // the first one that a worker ended with
	Size error_length;
	char error[kErrorBytes]; // as core/field_pack writes it
	ParallelPlace places[kMaxParallel];
	int piece_count;
	ParallelPiece pieces[kMaxPieces];
	Size job_length;
	char job[FLEXIBLE_ARRAY_MEMBER]; // as core/field_pack writes it
};

namespace leaf {

// -- The run worker ------------------------------------------------------------------------------

// Also makes this process the leader of a lock group. NULL: there is no dynamic shared memory left.
dsm_segment *CreateBoard(const char *job, Size job_length, int pieces);
ParallelBoard *BoardOf(dsm_segment *segment);
dsm_handle HandleOf(dsm_segment *segment);
void DropBoard(dsm_segment *segment);
// Cancels what the streams do, now and when they ask. Never raises. On the way out of the process it happens by itself.
void StopParallelWorkers(ParallelBoard *board);

struct BoardTotals {
	int64 rows_read;
	int64 rows;
	int64 bytes;
	int done;
	int free;
	bool has_error;
	bool has_staging;
};
void ReadTotals(ParallelBoard *board, BoardTotals *totals);

struct ParallelTotals {
	int pieces;
	int64 rows;
	int64 microseconds;
	bool finished;
	bool spoiled; // a transaction of its own that was not committed has written rows
};
// Whose process is gone: what it did. Its open pieces are settled: done where its transaction was committed, free again
// where not.
void SettleParallelWorker(ParallelBoard *board, int worker, ParallelTotals *totals);

// A tenth of a second, or until somebody wakes this process; serves interrupts.
void WaitForParallelWorkers();
// The same without serving them, for a process that is being interrupted.
void WaitQuietly(int milliseconds);

// -- A worker ------------------------------------------------------------------------------------

// False: come too late. Leaving is the before_shmem_exit callback, after the transaction's abort.
bool JoinParallel(ParallelBoard *board, int worker);
void LeaveParallel(int code, Datum argument);
void FinishParallelWorker(const char *error, Size length);

void PublishStaging(Oid staging);
// Takes a piece that nobody has; -1: there is none, or all is to stop.
int TakePiece();
// The current transaction writes this piece.
void NoteTransaction(int piece);
void NoteProgress(int piece, int64 rows_read, int64 rows, int64 bytes);
// The transaction that wrote what this worker took is committed.
void FinishPieces();
// Waits until there is a table to fill, unless this is the worker that makes it. False: it is, or all is to stop.
bool AwaitStaging();
// Raises 57014 when all is to stop.
void CheckStopped();
bool IsStopped();

} // namespace leaf
} // namespace sluice::engine
