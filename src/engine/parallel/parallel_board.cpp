#include "engine/parallel/parallel_board.hpp"

#include <csignal>

#include "pg/pause.hpp"

extern "C" {
#include "access/transam.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kWaitEvent = "SluiceStreams";

// Of a run worker: the board whose streams must not outlive it.
ParallelBoard *led_board = nullptr;

// Of a worker.
ParallelBoard *own_board = nullptr;
int own_worker = -1;

void
StopAtExit(int /*code*/, Datum /*arg*/)
{
	if (led_board != nullptr) {
		StopParallelWorkers(led_board);
		led_board = nullptr;
	}
}

void
WakeLeader(const ParallelBoard *board)
{
	// Whose PGPROC it is later is woken for nothing, which every wait stands.
	SetLatch(&board->leader->procLatch);
}

} // namespace

dsm_segment *
CreateBoard(const char *job, Size job_length, int pieces)
{
	static bool registered = false;
	Size const size = add_size(offsetof(ParallelBoard, job), job_length);
	dsm_segment *segment = dsm_create(size, DSM_CREATE_NULL_IF_MAXSEGMENTS);
	if (segment == nullptr) {
		return nullptr;
	}
	// It goes with the load, not with whatever the resource owner of the moment is for.
	dsm_pin_mapping(segment);
	ParallelBoard *board = BoardOf(segment);
	memset(board, 0, size);
	SpinLockInit(&board->lock);
	board->database = MyDatabaseId;
	board->owner = GetUserId();
	board->leader = MyProc;
	board->leader_pid = MyProcPid;
	board->piece_count = pieces;
	board->job_length = job_length;
	memcpy(board->job, job, job_length);
	if (!registered) {
		before_shmem_exit(StopAtExit, 0);
		registered = true;
	}
	led_board = board;
	BecomeLockGroupLeader();
	return segment;
}

ParallelBoard *
BoardOf(dsm_segment *segment)
{
	return static_cast<ParallelBoard *>(dsm_segment_address(segment));
}

dsm_handle
HandleOf(dsm_segment *segment)
{
	return dsm_segment_handle(segment);
}

void
DropBoard(dsm_segment *segment)
{
	led_board = nullptr;
	dsm_detach(segment);
}

void
StopParallelWorkers(ParallelBoard *board)
{
	int pids[kMaxParallel];
	SpinLockAcquire(&board->lock);
	board->stop = true;
	for (int i = 0; i < kMaxParallel; ++i) {
		pids[i] = board->places[i].pid;
	}
	SpinLockRelease(&board->lock);
	for (int const pid : pids) {
		if (pid != 0) {
			(void)kill(pid, SIGINT);
		}
	}
}

void
ReadTotals(ParallelBoard *board, BoardTotals *totals)
{
	memset(totals, 0, sizeof(*totals));
	SpinLockAcquire(&board->lock);
	for (int i = 0; i < board->piece_count; ++i) {
		const ParallelPiece *piece = &board->pieces[i];
		totals->rows_read += piece->rows_read;
		totals->rows += piece->rows;
		totals->bytes += piece->bytes;
		totals->done += piece->state == PieceState::Done ? 1 : 0;
		totals->free += piece->state == PieceState::Free ? 1 : 0;
	}
	totals->has_error = board->has_error;
	totals->has_staging = OidIsValid(board->staging);
	SpinLockRelease(&board->lock);
}

void
SettleParallelWorker(ParallelBoard *board, int worker, ParallelTotals *totals)
{
	memset(totals, 0, sizeof(*totals));
	// Nobody else changes a piece that this worker has, and it is gone.
	TransactionId transaction = InvalidTransactionId;
	for (int i = 0; i < board->piece_count; ++i) {
		const ParallelPiece *piece = &board->pieces[i];
		if (piece->state == PieceState::Open && piece->worker == worker && TransactionIdIsValid(piece->transaction)) {
			transaction = piece->transaction;
		}
	}
	bool const committed = TransactionIdIsValid(transaction) && TransactionIdDidCommit(transaction);
	totals->spoiled = TransactionIdIsValid(transaction) && !committed;
	SpinLockAcquire(&board->lock);
	for (int i = 0; i < board->piece_count; ++i) {
		ParallelPiece *piece = &board->pieces[i];
		if (piece->state != PieceState::Open || piece->worker != worker) {
			continue;
		}
		piece->state = committed ? PieceState::Done : PieceState::Free;
		if (!committed) {
			piece->transaction = InvalidTransactionId;
			piece->rows_read = 0;
			piece->rows = 0;
			piece->bytes = 0;
		}
	}
	for (int i = 0; i < board->piece_count; ++i) {
		ParallelPiece *piece = &board->pieces[i];
		if (piece->state == PieceState::Done && piece->worker == worker) {
			totals->pieces++;
			totals->rows += piece->rows;
			// Another worker may take this place.
			piece->worker = -1;
		}
	}
	ParallelPlace *place = &board->places[worker];
	totals->finished = place->finished;
	totals->microseconds = place->ended_at - place->started_at;
	memset(place, 0, sizeof(*place));
	SpinLockRelease(&board->lock);
}

void
WaitForParallelWorkers()
{
	pg::leaf::Pause(100, kWaitEvent);
}

void
WaitQuietly(int milliseconds)
{
	pg::leaf::PauseQuietly(milliseconds, kWaitEvent);
}

bool
JoinParallel(ParallelBoard *board, int worker)
{
	if (worker < 0 || worker >= kMaxParallel) {
		return false;
	}
	SpinLockAcquire(&board->lock);
	bool const welcome = !board->stop;
	if (welcome) {
		ParallelPlace *place = &board->places[worker];
		place->pid = MyProcPid;
		place->joined = true;
		place->started_at = SteadyNow();
	}
	SpinLockRelease(&board->lock);
	if (welcome) {
		own_board = board;
		own_worker = worker;
	}
	return welcome;
}

void
LeaveParallel(int /*code*/, Datum /*argument*/)
{
	ParallelBoard *board = own_board;
	if (board == nullptr) {
		return;
	}
	own_board = nullptr;
	SpinLockAcquire(&board->lock);
	board->places[own_worker].pid = 0;
	board->places[own_worker].ended_at = SteadyNow();
	SpinLockRelease(&board->lock);
	WakeLeader(board);
}

void
FinishParallelWorker(const char *error, Size length)
{
	SpinLockAcquire(&own_board->lock);
	own_board->places[own_worker].finished = true;
	if (length > 0 && !own_board->has_error && !own_board->stop) {
		own_board->has_error = true;
		own_board->error_length = length < kErrorBytes ? length : kErrorBytes;
		memcpy(own_board->error, error, own_board->error_length);
	}
	SpinLockRelease(&own_board->lock);
}

void
PublishStaging(Oid staging)
{
	SpinLockAcquire(&own_board->lock);
	own_board->staging = staging;
	SpinLockRelease(&own_board->lock);
	WakeLeader(own_board);
}

int
TakePiece()
{
	int taken = -1;
	SpinLockAcquire(&own_board->lock);
	for (int i = 0; i < own_board->piece_count && !own_board->stop; ++i) {
		ParallelPiece *piece = &own_board->pieces[i];
		if (piece->state == PieceState::Free) {
			piece->state = PieceState::Open;
			piece->worker = own_worker;
			piece->transaction = InvalidTransactionId;
			taken = i;
			break;
		}
	}
	SpinLockRelease(&own_board->lock);
	return taken;
}

void
NoteTransaction(int piece)
{
	TransactionId const transaction = GetCurrentTransactionId();
	SpinLockAcquire(&own_board->lock);
	own_board->pieces[piece].transaction = transaction;
	SpinLockRelease(&own_board->lock);
}

void
NoteProgress(int piece, int64 rows_read, int64 rows, int64 bytes)
{
	SpinLockAcquire(&own_board->lock);
	own_board->pieces[piece].rows_read = rows_read;
	own_board->pieces[piece].rows = rows;
	own_board->pieces[piece].bytes = bytes;
	SpinLockRelease(&own_board->lock);
}

void
FinishPieces()
{
	SpinLockAcquire(&own_board->lock);
	for (int i = 0; i < own_board->piece_count; ++i) {
		ParallelPiece *piece = &own_board->pieces[i];
		if (piece->state == PieceState::Open && piece->worker == own_worker) {
			piece->state = PieceState::Done;
		}
	}
	SpinLockRelease(&own_board->lock);
	WakeLeader(own_board);
}

bool
AwaitStaging()
{
	constexpr int kLookAgainMs = 10;
	for (;;) {
		SpinLockAcquire(&own_board->lock);
		bool const there = OidIsValid(own_board->staging);
		bool const stop = own_board->stop;
		SpinLockRelease(&own_board->lock);
		if (there) {
			return true;
		}
		if (stop || own_worker == 0) {
			return false;
		}
		CHECK_FOR_INTERRUPTS();
		WaitQuietly(kLookAgainMs);
	}
}

void
CheckStopped()
{
	CHECK_FOR_INTERRUPTS();
	if (IsStopped()) {
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("canceling a stream because its run ends")));
	}
}

bool
IsStopped()
{
	SpinLockAcquire(&own_board->lock);
	bool const stop = own_board->stop;
	SpinLockRelease(&own_board->lock);
	return stop;
}

} // namespace sluice::engine::leaf
