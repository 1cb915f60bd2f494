// Test-only: marks of rows by their places, in memory and beyond it, against bits that are all in memory.
#include <random>

#include "engine/write/place_marks.hpp"
#include "pg/guard.hpp"

namespace {

namespace leaf = sluice::engine::leaf;
namespace pg = sluice::pg;

struct Known {
	bool met = false;
	bool staged = false;
};

} // namespace

// marks(blocks int, kilobytes int, steps int) returns text: whether all agree, and whether the file was needed
SLUICE_FUNCTION(sluice_test_marks)
{
	auto const blocks = static_cast<BlockNumber>(PG_GETARG_INT32(0));
	auto const memory = static_cast<Size>(PG_GETARG_INT32(1)) * 1024;
	leaf::PlaceMarks *const marks = pg::Call(leaf::OpenMarks, blocks, memory);
	std::vector<Known> known(static_cast<size_t>(blocks) * MaxHeapTuplesPerPage);
	std::vector<uint16> counts(blocks);
	std::mt19937 random(4711);
	BlockNumber near = 0;
	bool agree = true;
	for (int step = 0; step < PG_GETARG_INT32(2); ++step) {
		// Mostly one after the other, sometimes anywhere.
		near = random() % 20 == 0 ? static_cast<BlockNumber>(random() % blocks) : (near + 1) % blocks;
		auto const place = static_cast<OffsetNumber>(1 + random() % MaxHeapTuplesPerPage);
		Known &row = known[static_cast<size_t>(near) * MaxHeapTuplesPerPage + place - 1];
		leaf::PageMarks *const page = pg::Call(leaf::MarksOf, marks, near);
		agree = agree && leaf::IsMet(page, place) == row.met && leaf::IsStaged(page, place) == row.staged &&
				page->met == counts[near];
		if (random() % 2 == 0) {
			agree = agree && leaf::Meet(page, place) != row.met;
			counts[near] = static_cast<uint16>(counts[near] + (row.met ? 0 : 1));
			row.met = true;
		} else {
			leaf::SetStaged(page, place);
			row.staged = true;
		}
	}
	bool const filed = pg::Call(leaf::MarksWritten, static_cast<const leaf::PlaceMarks *>(marks)) > 0;
	pg::Call(leaf::CloseMarks, marks);
	std::string const told = std::string(agree ? "agree" : "differ") + (filed ? ", filed" : ", in memory");
	return PointerGetDatum(pg::Call(cstring_to_text, told.c_str()));
}
