// Whose queued run is next: turns are fair among owners first; priority counts within an owner. Pure C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice {

struct OwnerTurn {
	uint32_t owner = 0;
	int live = 0;		// its runs that are under way
	uint64_t last = 0;	// when it had its last turn, in turns; 0: never
	int64_t due = 0;	// of its first queued run; only to decide between equals
	size_t waiting = 0; // its queued runs that are at hand
	size_t kept = 0;	// processes that its turn has brought and that wait for its next run
};

// Those whose turn is first: few live runs, then long without a turn. At most so many.
std::vector<OwnerTurn> FirstOwners(std::vector<OwnerTurn> owners, size_t most);

// The order of turns: each element is an index into owners; an owner appears as often as runs of it wait.
std::vector<size_t> TakeTurns(const std::vector<OwnerTurn> &owners);

// How many runs of one owner there may be at once: what the setting says; without it, where several owners share the
// places, all but one, which stays for the others. 0: no limit.
constexpr int
OwnerLimit(int setting, int places, bool several_owners)
{
	if (setting > 0) {
		return setting;
	}
	return several_owners && places > 1 ? places - 1 : 0;
}

} // namespace sluice
