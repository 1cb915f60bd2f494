// Which rows of a PostgreSQL have come since a snapshot. Each tells by 32 bits of a count that has 64, its xmin, which
// transaction wrote it; VACUUM leaves these bits as they are.
#pragma once

#include <cstdint>

namespace sluice {

enum class LateRows {
	ByXmin,	  // those of transactions from the snapshot's xmin on
	WentBack, // the count did: nothing is known
	Wrapped,  // it went so far that age() of the snapshot's xmin is no number any more: nothing is known
};

// stored: xmin of the snapshot that was read last; xmin, xmax: of the one that is read now.
constexpr LateRows
WhichAreLate(uint64_t stored, uint64_t xmin, uint64_t xmax)
{
	constexpr uint64_t kMostAge = 2'000'000'000; // less than 2^31, and than what a cluster lets come to pass
	if (xmin < stored) {
		return LateRows::WentBack;
	}
	return xmax - stored > kMostAge ? LateRows::Wrapped : LateRows::ByXmin;
}

} // namespace sluice
