#include "core/cron_words.hpp"

#include <bit>

namespace sluice {

std::vector<int>
Members(uint64_t bits)
{
	std::vector<int> members;
	for (; bits != 0; bits &= bits - 1) {
		members.push_back(std::countr_zero(bits));
	}
	return members;
}

std::string
JoinWith(std::string_view before_last, const std::vector<std::string> &items)
{
	std::string text;
	for (size_t i = 0; i < items.size(); ++i) {
		if (i > 0) {
			text += i + 1 == items.size() ? before_last : ", ";
		}
		text += items[i];
	}
	return text;
}

std::string
JoinWithAnd(const std::vector<std::string> &items)
{
	return JoinWith(" and ", items);
}

std::string
Ordinal(int number)
{
	bool const teens = number >= 11 && number <= 13;
	std::string_view const ending = teens			   ? "th"
									: number % 10 == 1 ? "st"
									: number % 10 == 2 ? "nd"
									: number % 10 == 3 ? "rd"
													   : "th";
	return Format("{}{}", number, ending);
}

std::string
Counted(std::string_view noun, uint64_t bits)
{
	return Format("{}{} {}", noun, std::has_single_bit(bits) ? "" : "s",
				  Enumerate(bits, [](int value) { return value; }).text);
}

std::vector<ValueRun>
RunsOf(uint64_t bits)
{
	std::vector<ValueRun> runs;
	for (int const value : Members(bits)) {
		if (!runs.empty() && runs.back().last + 1 == value) {
			runs.back().last = value;
		} else {
			runs.push_back({value, value});
		}
	}
	return runs;
}

} // namespace sluice
