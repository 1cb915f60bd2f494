// The slot of this process, a run worker. Leaf code: plain data, may raise.
#pragma once

#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

// Takes the slot that the scheduler reserved; false when it is no longer ours.
bool AttachRun(int index, uint64 cookie, RunSlot *copy);
// before_shmem_exit callback: leaves the slot, wakes whoever waits for it.
void DetachRun(int code, Datum index);
void ReadOwnRun(RunSlot *copy);
// It is committed that the run is under way.
void MarkBegun();
// The run's end is committed, or there was nothing to run.
void MarkFinished();
// Somebody holds the row of this queued run: it was not started.
void MarkPassedOver();

// The session has become one that no other run is to find: after this run the process leaves.
void TakeNoOther();
// The run is over: the process would take another one of the same owner. False: it leaves instead.
bool OfferProcess();
enum class NextRun : int { Wait, Taken, Leave };
// After the offer, when the latch was set.
NextRun TakeNextRun(RunSlot *copy);

// Processes for this run besides its own: at most so many, and one is left for others; 0 where there would be fewer
// than two. What parallel queries and other extensions take is not counted.
int ReserveParallelWorkers(int wanted);
// How many that could be.
int SpareParallelWorkers();
struct ProgressReport {
	int64 records_read;
	int64 records;
	int64 bytes;
	int64 records_expected;
	RunPhase phase;
};
void ReportProgress(const ProgressReport *report);

} // namespace sluice::worker::leaf
