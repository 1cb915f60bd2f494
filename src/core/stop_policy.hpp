// Whether a role may have one more request to stop queued runs in shared memory, whose places are few. Plain data and
// one pure function, called while the lock of shared memory is held. Pure C++.
#pragma once

namespace sluice {

// One role never takes the last places: what it holds already must be less than what is free.
constexpr bool
MayRequestStop(int held, int free)
{
	return held < free;
}

} // namespace sluice
