// What a run knows of the rows of a heap by their places: which were met, and which are staged. Two bits for each line
// pointer and two counts for each page, in memory up to a bound; beyond it the rest lies in a temporary file.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

inline constexpr Size kMarkMemory = static_cast<Size>(16) * 1024 * 1024;

struct PageMarks {
	uint16 rows; // that count; 0 until they were counted
	uint16 met;
	uint8 bits[(2 * MaxHeapTuplesPerPage + 7) / 8];
};

struct PlaceMarks;

// In the current memory context. No mark is set. memory: for the marks themselves; 16 bytes are needed beside it for
// each 64 pages.
PlaceMarks *OpenMarks(BlockNumber blocks, Size memory);
// Valid until the next call.
PageMarks *MarksOf(PlaceMarks *marks, BlockNumber block);
// Parts that were written to the file, for tests.
int64 MarksWritten(const PlaceMarks *marks);
void CloseMarks(PlaceMarks *marks);

// The first time it is met.
inline bool
Meet(PageMarks *page, OffsetNumber place)
{
	unsigned const bit = 2U * (place - 1U);
	auto const mask = static_cast<uint8>(1U << (bit % 8));
	if ((page->bits[bit / 8] & mask) != 0) {
		return false;
	}
	page->bits[bit / 8] |= mask;
	page->met++;
	return true;
}

inline bool
IsMet(const PageMarks *page, OffsetNumber place)
{
	unsigned const bit = 2U * (place - 1U);
	return (page->bits[bit / 8] >> (bit % 8) & 1U) != 0;
}

inline bool
IsStaged(const PageMarks *page, OffsetNumber place)
{
	unsigned const bit = 2U * (place - 1U) + 1U;
	return (page->bits[bit / 8] >> (bit % 8) & 1U) != 0;
}

inline void
SetStaged(PageMarks *page, OffsetNumber place)
{
	unsigned const bit = 2U * (place - 1U) + 1U;
	page->bits[bit / 8] |= static_cast<uint8>(1U << (bit % 8));
}

} // namespace sluice::engine::leaf
