// How many rows of a table something may happen to: a count, or a share of them. Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

class RowLimit {
public:
	// A share says nothing of a table with no more rows: a few of ten are soon half of them.
	static constexpr int64_t kFewRows = 1000;

	// "1000", or "10%", also with up to four decimals. Nothing when it is neither.
	static std::optional<RowLimit> Parse(std::string_view text);

	bool Allows(int64_t rows, int64_t of_rows) const;

private:
	RowLimit(bool is_share, int64_t most) : is_share_(is_share), most_(most) {}

	bool is_share_;
	int64_t most_; // rows, or millionths
};

} // namespace sluice
