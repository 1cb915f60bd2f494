// How many streams a load is made in, why, and what each piece of it reads. Pure C++.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice {

inline constexpr int kMaxParallel = 8;
inline constexpr int kMaxPieces = 1024;

struct ParallelFacts {
	std::string option = "1";  // 'auto' or a number
	std::string obstacle = {}; // why several would not be right, or ''
	int64_t most = 0;		   // pieces that the source can be cut into, at most
	int64_t bytes = 0;		   // of the source, with TOAST; an estimate where it is a query
	int cores = 1;			   // of this machine
	int free_workers = 0;	   // background workers that could still be started
};

struct ParallelChoice {
	int streams = 1;
	std::string reason;
};

ParallelChoice ChooseParallel(const ParallelFacts &facts);

// More than streams, so that none waits long for the last one, and none larger than what one would like to load again.
int PieceCount(int64_t bytes, int streams);

struct TableExtent {
	int64_t blocks;
	bool by_pages; // false: it is read whole, by one stream
};

struct PageRange {
	size_t table; // index
	int64_t first;
	int64_t end; // 0: to the end of the table
};

// What the pieces read: ranges of the pages of large tables, several small tables together. Each page of each table is
// in exactly one range, and so is what a table grows by; at most kMaxPieces pieces.
std::vector<std::vector<PageRange>> CutTables(const std::vector<TableExtent> &tables, int pieces);

} // namespace sluice
