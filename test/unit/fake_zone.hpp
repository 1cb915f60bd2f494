// Zones made of tables: the offset from each instant on.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/civil.hpp"
#include "core/format.hpp"
#include "core/zone.hpp"

namespace sluice::test {

class FakeZone final : public Zone {
public:
	FakeZone(int first_offset, std::vector<std::pair<int64_t, int>> changes)
		: first_offset_(first_offset), changes_(std::move(changes))
	{}

	int OffsetAt(int64_t utc_seconds) const override
	{
		int offset = first_offset_;
		for (const auto &[from, changed] : changes_) {
			if (utc_seconds >= from) {
				offset = changed;
			}
		}
		return offset;
	}

private:
	int first_offset_;
	std::vector<std::pair<int64_t, int>> changes_;
};

inline int64_t
At(int64_t year, int month, int day, int hour = 0, int minute = 0, int second = 0)
{
	return DaysFromCivil({year, month, day}) * kDaySeconds + hour * kHourSeconds + minute * kMinuteSeconds + second;
}

// "2026-03-29 01:00" or "2026-03-29 01:00:07", as seconds since 1970
inline int64_t
Parse(const std::string &text)
{
	auto const number = [&text](size_t at, size_t length) {
		return at + length <= text.size() ? std::stoi(text.substr(at, length)) : 0;
	};
	return At(number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2));
}

inline std::string
Show(int64_t seconds)
{
	CivilDate const date = CivilFromDays(FloorDivide(seconds, kDaySeconds));
	int64_t const rest = FloorModulo(seconds, kDaySeconds);
	std::string text = Format("{:04}-{:02}-{:02} {:02}:{:02}", date.year, date.month, date.day, rest / kHourSeconds,
							  rest % kHourSeconds / kMinuteSeconds);
	if (rest % kMinuteSeconds != 0) {
		text += Format(":{:02}", rest % kMinuteSeconds);
	}
	return text;
}

inline FakeZone
Utc()
{
	return {0, {}};
}

// 2026: forward 29 March 02:00 -> 03:00, back 25 October 03:00 -> 02:00.
inline FakeZone
Berlin()
{
	return {3600, {{At(2026, 3, 29, 1), 7200}, {At(2026, 10, 25, 1), 3600}}};
}

// 2026: forward 8 March 02:00 -> 03:00, back 1 November 02:00 -> 01:00.
inline FakeZone
NewYork()
{
	return {-18000, {{At(2026, 3, 8, 7), -14400}, {At(2026, 11, 1, 6), -18000}}};
}

inline FakeZone
Kolkata()
{
	return {19800, {}};
}

// Lord Howe, 2026: back half an hour on 5 April 02:00 -> 01:30, forward on 4 October 02:00 -> 02:30.
inline FakeZone
LordHowe()
{
	return {39600, {{At(2026, 4, 4, 15), 37800}, {At(2026, 10, 3, 15, 30), 39600}}};
}

// Apia skipped the whole of 30 December 2011.
inline FakeZone
Apia()
{
	return {-36000, {{At(2011, 12, 30, 10), 50400}}};
}

// Saint John's, 2010: at 00:01 on 7 November back to 23:01 on the 6th.
inline FakeZone
SaintJohns()
{
	return {-9000, {{At(2010, 11, 7, 2, 31), -12600}}};
}

} // namespace sluice::test
