#include "core/timestamp.hpp"

#include "core/ascii.hpp"
#include "core/civil.hpp"

namespace sluice {

namespace {

constexpr int64_t kMicroseconds = 1'000'000;
constexpr int kMostOffsetHours = 15; // what PostgreSQL takes

// Reads from the front; once something is not as it should be, nothing is read any more.
class Reader {
public:
	explicit Reader(std::string_view text) : rest_(text) {}

	// Exactly so many digits.
	int Number(size_t digits, int minimum, int maximum)
	{
		std::optional<int> const value = rest_.size() < digits ? std::nullopt : ParseDigits(rest_.substr(0, digits));
		if (!value || *value < minimum || *value > maximum) {
			good_ = false;
			return minimum;
		}
		rest_.remove_prefix(digits);
		return *value;
	}

	// Whether one of these comes next; it is read.
	bool Accept(std::string_view characters)
	{
		if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) {
			return false;
		}
		rest_.remove_prefix(1);
		return true;
	}

	void Require(char character) { good_ = Accept({&character, 1}) && good_; }

	// Up to nine digits after the point; those beyond microseconds are dropped.
	int64_t Fraction()
	{
		int64_t value = 0;
		int64_t unit = kMicroseconds / 10;
		int digits = 0;
		for (; !rest_.empty() && IsDigit(rest_.front()) && digits < 9; ++digits) {
			value += (rest_.front() - '0') * unit;
			unit /= 10;
			rest_.remove_prefix(1);
		}
		good_ = good_ && digits > 0;
		return value;
	}

	bool Next(std::string_view characters) const
	{
		return !rest_.empty() && characters.find(rest_.front()) != std::string_view::npos;
	}
	bool AtEnd() const { return rest_.empty(); }
	bool Good() const { return good_; }

private:
	std::string_view rest_;
	bool good_ = true;
};

int
ReadOffset(Reader *reader)
{
	int const sign = reader->Accept("-") ? -1 : 1;
	if (sign == 1) {
		reader->Require('+');
	}
	int const hours = reader->Number(2, 0, kMostOffsetHours);
	bool const colon = reader->Accept(":");
	int const minutes = colon || !reader->AtEnd() ? reader->Number(2, 0, 59) : 0;
	return sign * (hours * 3600 + minutes * 60);
}

} // namespace

std::optional<TimestampText>
ParseTimestamp(std::string_view text)
{
	Reader reader(Trim(text));
	CivilDate date = {};
	date.year = reader.Number(4, 1970, 9999);
	reader.Require('-');
	date.month = reader.Number(2, 1, 12);
	reader.Require('-');
	date.day = reader.Number(2, 1, DaysInMonth(date.year, date.month));
	TimestampText at = {DaysFromCivil(date) * kDaySeconds * kMicroseconds, std::nullopt};
	if (!reader.AtEnd()) {
		if (!reader.Accept("Tt")) {
			reader.Require(' ');
		}
		int64_t seconds = reader.Number(2, 0, 23) * kHourSeconds;
		reader.Require(':');
		seconds += reader.Number(2, 0, 59) * kMinuteSeconds;
		if (reader.Accept(":")) {
			seconds += reader.Number(2, 0, 59);
			if (reader.Accept(".")) {
				at.local_microseconds += reader.Fraction();
			}
		}
		at.local_microseconds += seconds * kMicroseconds;
		if (reader.Accept("Zz")) {
			at.offset = 0;
		} else {
			(void)reader.Accept(" ");
			if (reader.Next("+-")) {
				at.offset = ReadOffset(&reader);
			}
		}
	}
	return reader.Good() && reader.AtEnd() ? std::optional<TimestampText>(at) : std::nullopt;
}

} // namespace sluice
