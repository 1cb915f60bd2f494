#include "engine/load/tried_insert.hpp"

#include "core/sqlstate.hpp"
#include "engine/source/quarantine.hpp"

namespace sluice::engine {

namespace {

constexpr int64_t kParts = 4;
// Then what is known is settled, and the search goes on behind it.
constexpr size_t kMostRefused = 5000;
constexpr size_t kMostRefusedBytes = size_t{4} * 1024 * 1024;

} // namespace

// Whatever comes of it, nothing of it stays.
void
TriedInsert::RollBack(const std::function<void()> &body)
{
	bool done = false;
	std::optional<Error> const failure = within_([&] {
		body();
		done = true;
		throw Error(sqlstate::kInternalError, "rolled back on purpose");
	});
	if (!done) {
		throw *failure;
	}
}

// Within the subtransaction that is open, if it succeeds.
bool
TriedInsert::Try(int64_t first, int64_t end)
{
	std::optional<Error> const failure = within_([&] { (void)insert_(first, end, {}); });
	if (!failure) {
		return true;
	}
	if (!IsOfRow(*failure)) {
		throw *failure;
	}
	failure_ = *failure;
	return false;
}

std::vector<int64_t>
TriedInsert::Without(size_t from) const
{
	std::vector<int64_t> rows;
	for (size_t i = from; i < refused_.size(); ++i) {
		rows.push_back(refused_[i].row);
	}
	return rows;
}

void
TriedInsert::Refuse(int64_t row)
{
	const ErrorInfo &info = failure_.Info();
	refused_bytes_ += info.message.size() + info.detail.size() + info.hint.size() + info.context.size();
	refused_.push_back({row, failure_});
	stopped_ = refused_.size() >= kMostRefused || refused_bytes_ >= kMostRefusedBytes ||
			   too_many_(static_cast<int64_t>(refused_.size()));
	if (stopped_) {
		end_ = row + 1;
	}
}

// Afterwards all rows of the range but the refused ones are in the open subtransaction, if others come behind them.
void
TriedInsert::Search(int64_t first, int64_t end)
{
	if (Try(first, end)) {
		return;
	}
	if (end - first == 1) {
		Refuse(first);
	} else {
		Split(first, end);
	}
}

void
TriedInsert::Split(int64_t first, int64_t end)
{
	size_t const before = refused_.size();
	RollBack([&] {
		int64_t const part = (end - first + kParts - 1) / kParts;
		for (int64_t at = first; at < end && !stopped_; at += part) {
			Search(at, std::min(at + part, end));
		}
	});
	std::vector<int64_t> const without = Without(before);
	if (stopped_ || end == end_ || static_cast<int64_t>(without.size()) == end - first) {
		return;
	}
	if (std::optional<Error> const failure = within_([&] { (void)insert_(first, end, without); })) {
		throw *failure;
	}
}

int64_t
TriedInsert::Run(int64_t rows, std::optional<Error> failure)
{
	int64_t inserted = 0;
	for (int64_t first = 0; first < rows;) {
		int64_t all = 0;
		if (first > 0 || !failure) {
			failure = within_([&] { all = insert_(first, rows, {}); });
		}
		if (!failure) {
			return inserted + all;
		}
		if (!IsOfRow(*failure)) {
			throw *failure;
		}
		end_ = rows;
		stopped_ = false;
		refused_.clear();
		refused_bytes_ = 0;
		failure_ = *failure;
		if (rows - first == 1) {
			Refuse(first);
		} else {
			Split(first, rows);
		}
		for (const Refused &refused : refused_) {
			reject_(refused.row, refused.error);
		}
		if (static_cast<int64_t>(refused_.size()) < end_ - first) {
			inserted += insert_(first, end_, Without(0));
		}
		first = end_;
	}
	return inserted;
}

} // namespace sluice::engine
