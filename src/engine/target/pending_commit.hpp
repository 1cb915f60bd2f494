// What a run has done at another server and is still to be committed there.
#pragma once

namespace sluice::engine {

class PendingCommit {
public:
	PendingCommit() = default;
	virtual ~PendingCommit() = default;
	PendingCommit(const PendingCommit &) = delete;
	PendingCommit &operator=(const PendingCommit &) = delete;

	// The last thing before the local commit, in the phase 'committing'. Throws Error; leaves that phase where
	// nothing was committed.
	virtual void Commit() = 0;
};

} // namespace sluice::engine
