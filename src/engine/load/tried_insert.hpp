// Rows that only SQL can insert, of which some may not fit: one statement for all is tried in a subtransaction. Where
// it fails, the rows to blame are looked for in ever smaller ranges, in order, so that of rows that stand against each
// other the first one stays; all of that is rolled back, and one statement inserts the others.
//
// Subtransactions that have written and were released are kept few: each range becomes one again once its rows to blame
// are known, so that 3 are kept for each of log4(rows) levels beside the one that is open. Beyond 64 every snapshot of
// the server would have to look them up elsewhere (design rule 21).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/error.hpp"

namespace sluice::engine {

class TriedInsert {
public:
	// Rows are numbered from 0. Inserts those from `first` to before `end`, but for the ones in `without`, by one
	// statement; returns how many.
	using Insert = std::function<int64_t(int64_t first, int64_t end, const std::vector<int64_t> &without)>;
	// In order, and outside of any subtransaction.
	using Reject = std::function<void(int64_t row, const Error &error)>;
	// Whether that many rows, which are not rejected yet, are more than may be.
	using TooMany = std::function<bool(int64_t more)>;

	// What may fail, in a subtransaction: pg::Subtransaction, or one that is also one of another server's.
	using Within = std::function<std::optional<Error>(const std::function<void()> &body)>;

	TriedInsert(Within within, Insert insert, Reject reject, TooMany too_many)
		: within_(std::move(within)), insert_(std::move(insert)), reject_(std::move(reject)),
		  too_many_(std::move(too_many))
	{}

	// failure: what all of them have failed with, if that was tried. Returns how many were inserted. Throws Error.
	int64_t Run(int64_t rows, std::optional<Error> failure = std::nullopt);

private:
	struct Refused {
		int64_t row;
		Error error;
	};

	bool Try(int64_t first, int64_t end);
	void RollBack(const std::function<void()> &body);
	void Search(int64_t first, int64_t end);
	void Split(int64_t first, int64_t end);
	void Refuse(int64_t row);
	// Of those from that place in refused_ on.
	std::vector<int64_t> Without(size_t from) const;

	Within const within_;
	Insert const insert_;
	Reject const reject_;
	TooMany const too_many_;
	std::vector<Refused> refused_;
	size_t refused_bytes_ = 0;
	Error failure_{0, ""}; // of what was tried last
	int64_t end_ = 0;	   // of what is searched: no row comes behind it
	bool stopped_ = false; // no more of them are kept, or may be
};

} // namespace sluice::engine
