#include "core/pg_cron.hpp"

#include <vector>

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/schedule.hpp"

namespace sluice {

namespace {

constexpr size_t kDayOfMonth = 2;
constexpr size_t kFields = 5;

std::vector<std::string>
Words(std::string_view text)
{
	std::vector<std::string> words(1);
	for (char const c : text) {
		if (!IsBlank(c)) {
			words.back() += c;
		} else if (!words.back().empty()) {
			words.emplace_back();
		}
	}
	if (words.back().empty()) {
		words.pop_back();
	}
	return words;
}

bool
IsSeconds(const std::vector<std::string> &words)
{
	return words.size() == 2 && ParseDigits(words[0]) &&
		   (EqualsIgnoringCase(words[1], "seconds") || EqualsIgnoringCase(words[1], "second"));
}

FromPgCron
Checked(std::string schedule, std::string note)
{
	try {
		(void)Schedule::Parse(schedule);
	} catch (const Error &error) {
		return {std::nullopt, Format("schedule left out: {} {}", error.what(), error.Info().hint)};
	}
	return {std::move(schedule), std::move(note)};
}

} // namespace

FromPgCron
TranslatePgCron(std::string_view schedule)
{
	std::vector<std::string> words = Words(schedule);
	if (IsSeconds(words)) {
		return Checked(Format("every {} seconds", words[0]),
					   "due at whole multiples of the interval, not so long after the run before");
	}
	if (words.size() == 1 && EqualsIgnoringCase(words[0], "@reboot")) {
		return {std::nullopt, "no schedule starts a run when the server starts"};
	}
	// The last day of the month.
	if (words.size() == kFields && words[kDayOfMonth] == "$") {
		words[kDayOfMonth] = "L";
	}
	return Checked(Join(words, " "), {});
}

} // namespace sluice
