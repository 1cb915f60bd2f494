// Rows that did not fit while a run goes on: bounded memory, written to the tables by the transaction that commits
// something of the run, or by the one that ends it after a failure (design rule 13). Pure C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct RejectedRow {
	int64_t at = 0;		  // microseconds since 2000-01-01 UTC
	int64_t position = 0; // in what the run read, from 1
	std::string column;	  // '': it is the row as a whole
	int sqlstate = 0;
	std::string message;
	std::string detail;
	std::string hint;
	std::string row;				  // a JSON object of its values as texts
	std::vector<std::string> escaped; // columns whose bytes are no text
	bool is_cut = false;			  // too large to be kept whole

	size_t Bytes() const;
};

// How many rows of a run may be rejected: a count, or a percentage of those that are read.
class RejectLimit {
public:
	// "1000", "2.5%"; nothing for anything else.
	static std::optional<RejectLimit> Parse(std::string_view text);

	// While rows are read, of a percentage only a bound that no run may pass.
	bool IsExceeded(int64_t rejected) const;
	// When all are read.
	bool IsExceededAtEnd(int64_t rejected, int64_t read) const;
	// "1000 rows", "2.5% of the rows".
	std::string Text() const;

private:
	int64_t count_ = 0;
	int64_t hundredths_ = -1; // of a percent; -1: it is a count
};

class RejectedRows {
public:
	void Add(RejectedRow row);
	int64_t Count() const { return count_; }

	// What the transaction under way has not written yet; it should not become more than that.
	bool ShouldBeWritten() const;
	const std::vector<RejectedRow> &Unwritten() const { return unwritten_; }
	std::vector<RejectedRow> TakeUnwritten();
	// The first of those since the last commit, for a run that failed.
	const std::vector<RejectedRow> &First() const { return first_; }
	// They are committed.
	void BeginChunk();

private:
	std::vector<RejectedRow> first_;
	std::vector<RejectedRow> unwritten_;
	size_t first_bytes_ = 0;
	size_t unwritten_bytes_ = 0;
	int64_t count_ = 0;
};

} // namespace sluice
