// Why the process of a run ends without having written the run's end, told to the scheduler by its slot. Leaf code.
#pragma once

#include "worker/shared_state.hpp"

namespace sluice::worker::leaf {

// From here on a FATAL error of this process is noted.
void ListenForLastWords();
// The run failed with this, and writing that failed with the other.
void NoteUnwritten(int sqlstate, const char *failure, const char *trouble);
// Into the slot, on the way out; the caller holds the lock.
void LeaveLastWords(RunSlot *slot);

// Copies as much as fits, whole characters only.
void CopyCut(char *target, size_t size, const char *text);

} // namespace sluice::worker::leaf
