#include "core/parallel_choice.hpp"

#include <algorithm>
#include <charconv>

#include "core/format.hpp"

namespace sluice {

namespace {

constexpr int64_t kGigabyte = int64_t{1} << 30;
// Below this the workers' start costs more than a second stream saves.
constexpr int64_t kWorthwhile = kGigabyte;
// A stream keeps one core busy here, and where the source is on the same machine another one there.
constexpr int kCoresPerWorker = 2;
constexpr int kMostByItself = 4;
constexpr int kPiecesPerWorker = 4;
constexpr int64_t kLargestPiece = kGigabyte;

ParallelChoice
ChooseByItself(const ParallelFacts &facts)
{
	if (facts.bytes < kWorthwhile) {
		return {1, "the source has less than 1 GB"};
	}
	int const affordable = std::min(facts.cores / kCoresPerWorker, kMostByItself);
	if (affordable < 2) {
		return {1, Format("this machine has {} CPU core{}, and one stream keeps two busy", facts.cores,
						  facts.cores == 1 ? "" : "s")};
	}
	if (facts.free_workers < 2) {
		return {1, "there are not two free background worker slots"};
	}
	int const streams = static_cast<int>(std::min<int64_t>({affordable, facts.free_workers, facts.most}));
	std::string const limit =
		facts.free_workers < affordable ? Format(", and {} background worker slots are free", facts.free_workers) : "";
	return {streams, Format("the source has {} GB and this machine {} CPU cores{}", facts.bytes / kGigabyte,
							facts.cores, limit)};
}

} // namespace

ParallelChoice
ChooseParallel(const ParallelFacts &facts)
{
	if (!facts.obstacle.empty()) {
		return {1, facts.obstacle};
	}
	if (facts.option == "auto") {
		return ChooseByItself(facts);
	}
	int wanted = 1;
	(void)std::from_chars(facts.option.data(), facts.option.data() + facts.option.size(), wanted);
	wanted = std::clamp(wanted, 1, kMaxParallel);
	if (wanted > 1 && facts.most < wanted) {
		return {1, Format("the source can be cut into {} piece{} only", facts.most, facts.most == 1 ? "" : "s")};
	}
	return {wanted, "the option streams says so"};
}

int
PieceCount(int64_t bytes, int streams)
{
	int64_t const pieces = std::max<int64_t>(static_cast<int64_t>(streams) * kPiecesPerWorker, bytes / kLargestPiece);
	return static_cast<int>(std::min<int64_t>(pieces, kMaxPieces / 4));
}

std::vector<std::vector<PageRange>>
CutTables(const std::vector<TableExtent> &tables, int pieces)
{
	int64_t all = 0;
	for (const TableExtent &table : tables) {
		all += table.blocks;
	}
	// Sums of blocks fit easily: a table has fewer than 2^32.
	int64_t const wanted = std::clamp(pieces, 1, kMaxPieces / 4);
	int64_t const size = std::max<int64_t>((all + wanted - 1) / wanted, 1);
	std::vector<std::vector<PageRange>> cut;
	std::vector<PageRange> small;
	int64_t small_blocks = 0;
	for (size_t i = 0; i < tables.size(); ++i) {
		int64_t const blocks = tables[i].blocks;
		if (blocks > size && tables[i].by_pages) {
			int64_t const parts = (blocks + size - 1) / size;
			for (int64_t part = 0; part < parts; ++part) {
				cut.push_back({{i, part * blocks / parts, part + 1 < parts ? (part + 1) * blocks / parts : 0}});
			}
			continue;
		}
		if (!small.empty() && small_blocks + blocks > size) {
			cut.push_back(std::move(small));
			small.clear();
			small_blocks = 0;
		}
		small.push_back({i, 0, 0});
		small_blocks += blocks;
	}
	if (!small.empty()) {
		cut.push_back(std::move(small));
	}
	return cut;
}

} // namespace sluice
