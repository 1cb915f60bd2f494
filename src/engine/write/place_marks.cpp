#include "engine/write/place_marks.hpp"

extern "C" {
#include "commands/tablespace.h"
#include "storage/fd.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr BlockNumber kPartPages = 64;
constexpr Size kPartBytes = kPartPages * sizeof(PageMarks);

struct Part {
	PageMarks *pages; // NULL: not in memory
	bool is_filed;	  // the file has it, as it was when it left the memory
	bool was_used;	  // since the hand was here last
};

} // namespace

struct PlaceMarks {
	MemoryContext memory;
	Part *parts;
	BlockNumber *resident; // numbers of the parts in memory
	int most_resident;
	int resident_count;
	int hand; // who leaves next: the first that was not used since it passed
	File file;
	int64 written;
};

namespace {

[[noreturn]] void
Fail()
{
	ereport(ERROR, (errcode_for_file_access(), errmsg("could not keep marks of rows in a temporary file: %m")));
}

off_t
PlaceOf(BlockNumber number)
{
	return static_cast<off_t>(number) * static_cast<off_t>(kPartBytes);
}

// Another one leaves the memory; returns what it took.
PageMarks *
MakeRoom(PlaceMarks *marks, int *slot)
{
	for (;; marks->hand = (marks->hand + 1) % marks->most_resident) {
		Part *part = &marks->parts[marks->resident[marks->hand]];
		if (part->was_used) {
			part->was_used = false;
			continue;
		}
		if (marks->file < 0) {
			PrepareTempTablespaces();
			marks->file = OpenTemporaryFile(false);
		}
		if (FileWrite(marks->file, reinterpret_cast<char *>(part->pages), kPartBytes,
					  PlaceOf(marks->resident[marks->hand]), PG_WAIT_EXTENSION) != static_cast<int>(kPartBytes)) {
			Fail();
		}
		marks->written++;
		PageMarks *pages = part->pages;
		part->pages = nullptr;
		part->is_filed = true;
		*slot = marks->hand;
		marks->hand = (marks->hand + 1) % marks->most_resident;
		return pages;
	}
}

void
BringIn(PlaceMarks *marks, BlockNumber number)
{
	Part *part = &marks->parts[number];
	int slot = marks->resident_count;
	if (slot < marks->most_resident) {
		marks->resident_count++;
		part->pages = static_cast<PageMarks *>(MemoryContextAlloc(marks->memory, kPartBytes));
	} else {
		part->pages = MakeRoom(marks, &slot);
	}
	marks->resident[slot] = number;
	if (!part->is_filed) {
		memset(part->pages, 0, kPartBytes);
	} else if (FileRead(marks->file, reinterpret_cast<char *>(part->pages), kPartBytes, PlaceOf(number),
						PG_WAIT_EXTENSION) != static_cast<int>(kPartBytes)) {
		Fail();
	}
}

} // namespace

PlaceMarks *
OpenMarks(BlockNumber blocks, Size memory)
{
	auto *marks = static_cast<PlaceMarks *>(palloc0(sizeof(PlaceMarks)));
	marks->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice place marks", ALLOCSET_DEFAULT_SIZES);
	BlockNumber const parts = blocks / kPartPages + 1;
	marks->parts = static_cast<Part *>(
		MemoryContextAllocExtended(marks->memory, parts * sizeof(Part), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
	marks->most_resident = static_cast<int>(std::min<Size>(std::max<Size>(memory / kPartBytes, 1), parts));
	marks->resident = static_cast<BlockNumber *>(
		MemoryContextAlloc(marks->memory, static_cast<Size>(marks->most_resident) * sizeof(BlockNumber)));
	marks->file = -1;
	return marks;
}

PageMarks *
MarksOf(PlaceMarks *marks, BlockNumber block)
{
	BlockNumber const number = block / kPartPages;
	Part *part = &marks->parts[number];
	if (part->pages == nullptr) {
		BringIn(marks, number);
	}
	part->was_used = true;
	return &part->pages[block % kPartPages];
}

int64
MarksWritten(const PlaceMarks *marks)
{
	return marks->written;
}

void
CloseMarks(PlaceMarks *marks)
{
	if (marks->file >= 0) {
		FileClose(marks->file);
	}
	MemoryContextDelete(marks->memory);
}

} // namespace sluice::engine::leaf
