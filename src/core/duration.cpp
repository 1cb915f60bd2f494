#include "core/duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/ascii.hpp"
#include "core/format.hpp"

namespace sluice {

namespace {

constexpr int64_t kLongest = 10000 * 365 * kDay;

struct Unit {
	std::string_view name; // singular; a plural s is understood
	int64_t microseconds;
};

constexpr std::array<Unit, 20> kUnits = {{
	{"us", 1},
	{"usec", 1},
	{"microsecond", 1},
	{"ms", kMillisecond},
	{"msec", kMillisecond},
	{"millisecond", kMillisecond},
	{"s", kSecond},
	{"sec", kSecond},
	{"second", kSecond},
	{"m", kMinute},
	{"min", kMinute},
	{"minute", kMinute},
	{"h", kHour},
	{"hr", kHour},
	{"hour", kHour},
	{"d", kDay},
	{"day", kDay},
	{"w", 7 * kDay},
	{"week", 7 * kDay},
	{"wk", 7 * kDay},
}};

class Reader {
public:
	explicit Reader(std::string_view text) : rest_(text) {}

	std::optional<int64_t> Read()
	{
		SkipBlanks();
		int64_t total = 0;
		bool first = true;
		while (first || !rest_.empty()) {
			std::optional<int64_t> const part = ReadPart(first);
			if (!part || *part > kLongest - total) {
				return std::nullopt;
			}
			total += *part;
			first = false;
			SkipBlanks();
		}
		return total;
	}

private:
	void SkipBlanks()
	{
		size_t const start = rest_.find_first_not_of(" \t\n\r\f\v");
		rest_.remove_prefix(std::min(start, rest_.size()));
	}

	std::string_view TakeDigits()
	{
		size_t length = 0;
		while (length < rest_.size() && IsDigit(rest_[length])) {
			++length;
		}
		std::string_view const digits = rest_.substr(0, length);
		rest_.remove_prefix(length);
		return digits;
	}

	// Digits, perhaps with a fraction, times a unit.
	static std::optional<int64_t> Multiply(std::string_view whole, std::string_view fraction, int64_t unit)
	{
		int64_t count = 0;
		if (std::from_chars(whole.data(), whole.data() + whole.size(), count).ec != std::errc() ||
			count > kLongest / unit) {
			return std::nullopt;
		}
		int64_t value = count * unit;
		int64_t weight = unit;
		for (char const digit : fraction.substr(0, 6)) {
			weight /= 10;
			value += weight * (digit - '0');
		}
		return value;
	}

	std::optional<int64_t> ReadPart(bool first)
	{
		std::string_view const whole = TakeDigits();
		if (whole.empty()) {
			return std::nullopt;
		}
		if (!rest_.empty() && rest_.front() == ':') {
			return ReadClock(whole);
		}
		std::string_view const fraction = TakeFraction();
		SkipBlanks();
		if (rest_.empty()) {
			return first ? Multiply(whole, fraction, kSecond) : std::nullopt;
		}
		std::optional<int64_t> const unit = TakeUnit();
		return unit ? Multiply(whole, fraction, *unit) : std::nullopt;
	}

	std::string_view TakeFraction()
	{
		if (rest_.size() < 2 || rest_[0] != '.' || !IsDigit(rest_[1])) {
			return {};
		}
		rest_.remove_prefix(1);
		return TakeDigits();
	}

	std::optional<int64_t> TakeUnit()
	{
		std::string name;
		while (!rest_.empty() && ((rest_.front() | 0x20) >= 'a' && (rest_.front() | 0x20) <= 'z')) {
			name += static_cast<char>(rest_.front() | 0x20);
			rest_.remove_prefix(1);
		}
		std::string_view singular = name;
		if (singular.size() > 2 && singular.back() == 's') {
			singular.remove_suffix(1);
		}
		for (const Unit &unit : kUnits) {
			if (unit.name == name || unit.name == singular) {
				return unit.microseconds;
			}
		}
		return std::nullopt;
	}

	// hours:minutes or hours:minutes:seconds
	std::optional<int64_t> ReadClock(std::string_view hours)
	{
		std::optional<int64_t> total = Multiply(hours, {}, kHour);
		for (int64_t const unit : {kMinute, kSecond}) {
			if (rest_.empty() || rest_.front() != ':') {
				break;
			}
			rest_.remove_prefix(1);
			std::string_view const digits = TakeDigits();
			std::string_view const fraction = unit == kSecond ? TakeFraction() : std::string_view();
			std::optional<int64_t> const part = Multiply(digits, fraction, unit);
			if (!total || !part || *part >= 60 * unit) {
				return std::nullopt;
			}
			*total += *part;
		}
		return total;
	}

	std::string_view rest_;
};

} // namespace

std::optional<int64_t>
ParseDuration(std::string_view text)
{
	return Reader(text).Read();
}

std::string
FormatDuration(int64_t microseconds)
{
	constexpr std::array<Unit, 6> kTold = {{{"day", kDay},
											{"hour", kHour},
											{"minute", kMinute},
											{"second", kSecond},
											{"millisecond", kMillisecond},
											{"microsecond", 1}}};
	if (microseconds == 0) {
		return "0 seconds";
	}
	const auto *const unit = std::find_if(kTold.begin(), kTold.end(),
										  [microseconds](const Unit &u) { return microseconds % u.microseconds == 0; });
	int64_t const count = microseconds / unit->microseconds;
	return Format("{} {}{}", count, unit->name, count == 1 ? "" : "s");
}

} // namespace sluice
