// What a run is doing, as the column phase says it. Pure C++.
#pragma once

#include <string_view>

namespace sluice {

enum class RunPhase : int {
	None, // nobody knows, or it has not begun
	Starting,
	Preparing,
	Checking, // whether an earlier attempt has committed at the destination server
	Connecting,
	WaitingForLock,
	Loading,
	WaitingForRows, // between two chunks
	Executing,		// the statements of a command
	Indexing,
	Swapping,
	Analyzing,
	Finishing,
	Committing // at the destination server
};

// '' for None.
const char *PhaseName(RunPhase phase);
// None for what is no phase.
RunPhase ParsePhase(std::string_view name);

// A run in this phase has got rows, or their end, from its source.
bool HasReachedSource(RunPhase phase);
// One whose destination is another server has found out what became of an earlier attempt.
bool HasLookedBack(RunPhase phase);

} // namespace sluice
