#include "core/rejected_rows.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include "core/format.hpp"

namespace sluice {

namespace {

constexpr size_t kMostFirst = 1000;
constexpr size_t kMostFirstBytes = 4 * 1024 * 1024;
constexpr size_t kMostUnwritten = 500;
constexpr size_t kMostUnwrittenBytes = 2 * 1024 * 1024;
// Of a run that may reject a percentage: nobody looks at more.
constexpr int64_t kMostRows = 1'000'000;
constexpr int64_t kWhole = 10'000;

} // namespace

size_t
RejectedRow::Bytes() const
{
	return sizeof(*this) + column.size() + message.size() + detail.size() + hint.size() + row.size();
}

std::optional<RejectLimit>
RejectLimit::Parse(std::string_view text)
{
	RejectLimit limit;
	if (!text.empty() && text.back() == '%') {
		text.remove_suffix(1);
		double percent = 0;
		const auto [end, problem] =
			std::from_chars(text.data(), text.data() + text.size(), percent, std::chars_format::fixed);
		if (problem != std::errc() || end != text.data() + text.size() || !(percent >= 0 && percent <= 100)) {
			return std::nullopt;
		}
		limit.hundredths_ = std::llround(percent * 100);
		return limit;
	}
	const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), limit.count_);
	if (problem != std::errc() || end != text.data() + text.size() || limit.count_ < 0 || limit.count_ > kMostRows) {
		return std::nullopt;
	}
	return limit;
}

bool
RejectLimit::IsExceeded(int64_t rejected) const
{
	return rejected > (hundredths_ < 0 ? count_ : kMostRows);
}

bool
RejectLimit::IsExceededAtEnd(int64_t rejected, int64_t read) const
{
	return IsExceeded(rejected) || (hundredths_ >= 0 && rejected * kWhole > read * hundredths_);
}

std::string
RejectLimit::Text() const
{
	if (hundredths_ < 0) {
		return Format("{} rows", count_);
	}
	std::string percent = Format("{}.{:02}", hundredths_ / 100, hundredths_ % 100);
	percent.erase(percent.find_last_not_of('0') + 1);
	if (percent.back() == '.') {
		percent.pop_back();
	}
	return percent + "% of the rows";
}

void
RejectedRows::Add(RejectedRow row)
{
	++count_;
	size_t const bytes = row.Bytes();
	if (first_.size() < kMostFirst && first_bytes_ + bytes <= kMostFirstBytes) {
		first_bytes_ += bytes;
		first_.push_back(row);
	}
	unwritten_bytes_ += bytes;
	unwritten_.push_back(std::move(row));
}

bool
RejectedRows::ShouldBeWritten() const
{
	return unwritten_.size() >= kMostUnwritten || unwritten_bytes_ >= kMostUnwrittenBytes;
}

std::vector<RejectedRow>
RejectedRows::TakeUnwritten()
{
	unwritten_bytes_ = 0;
	return std::exchange(unwritten_, {});
}

void
RejectedRows::BeginChunk()
{
	first_.clear();
	first_bytes_ = 0;
	unwritten_.clear();
	unwritten_bytes_ = 0;
}

} // namespace sluice
