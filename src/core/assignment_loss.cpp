#include "core/assignment_loss.hpp"

#include <algorithm>
#include <array>

namespace sluice {

namespace {

enum Type : uint32_t {
	kBool = 16,
	kChar = 18,
	kName = 19,
	kInt8 = 20,
	kInt2 = 21,
	kInt4 = 23,
	kText = 25,
	kOid = 26,
	kJson = 114,
	kXml = 142,
	kPath = 602,
	kPolygon = 604,
	kCidr = 650,
	kFloat4 = 700,
	kFloat8 = 701,
	kMacaddr8 = 774,
	kMoney = 790,
	kMacaddr = 829,
	kInet = 869,
	kBpchar = 1042,
	kVarchar = 1043,
	kDate = 1082,
	kTime = 1083,
	kTimestamp = 1114,
	kTimestamptz = 1184,
	kInterval = 1186,
	kTimetz = 1266,
	kBit = 1560,
	kVarbit = 1562,
	kNumeric = 1700,
	kUuid = 2950,
};

// oid and the types that are one inside: regproc and those after it.
constexpr std::array<uint32_t, 13> kOids = {kOid, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191, 8326};
// Whose text is short.
constexpr std::array<uint32_t, 17> kShortTexts = {kBool,	kInt8,	   kInt2, kInt4,	  kFloat4,		kFloat8,
												  kMoney,	kDate,	   kTime, kTimestamp, kTimestamptz, kTimetz,
												  kMacaddr, kMacaddr8, kInet, kCidr,	  kUuid};

constexpr int kHeader = 4; // VARHDRSZ, in modifiers of lengths
constexpr int kNameLength = 63;
constexpr int kFullSeconds = 6;
constexpr int kMostBytesOfCharacter = 4;

constexpr std::string_view kRounded = "digits beyond the scale are rounded off";
constexpr std::string_view kFractions = "fractions are rounded off";
constexpr std::string_view kFloatDigits = "digits that a floating-point number cannot hold are rounded off";
constexpr std::string_view kSeconds = "fractions of seconds are rounded off";
constexpr std::string_view kBlanks = "blanks at the end are cut off, and longer values are an error";
constexpr std::string_view kPadding = "blanks at the end are taken for padding";
constexpr std::string_view kNegative = "negative values become large ones";
constexpr std::string_view kLocalTimes = "times that a change of the clock leaves out are moved";
constexpr std::string_view kTooFar = "dates after the year 294276 are an error";
constexpr std::string_view kTooLarge = "values that are too large are an error";
constexpr std::string_view kTooLong = "values that are too long are an error";

// Of a numeric with a modifier.
int
Scale(TypeShape numeric)
{
	return (((numeric.modifier - kHeader) & 0x7ff) ^ 1024) - 1024;
}

int
Precision(TypeShape numeric)
{
	return ((numeric.modifier - kHeader) >> 16) & 0xffff;
}

// Digits before the point.
int
WholeDigits(TypeShape numeric)
{
	return Precision(numeric) - Scale(numeric);
}

template <size_t N>
bool
IsAmong(uint32_t type, const std::array<uint32_t, N> &types)
{
	return std::find(types.begin(), types.end(), type) != types.end();
}

bool
IsOid(uint32_t type)
{
	return IsAmong(type, kOids);
}

int
IntegerDigits(uint32_t type)
{
	return type == kInt2 ? 5 : type == kInt4 ? 10 : type == kInt8 ? 19 : 0;
}

bool
IsCharacters(uint32_t type)
{
	return type == kText || type == kVarchar || type == kBpchar || type == kName;
}

bool
IsFloat(uint32_t type)
{
	return type == kFloat4 || type == kFloat8;
}

bool
HoldsTimeOfDay(uint32_t type)
{
	return type == kTime || type == kTimetz || type == kTimestamp || type == kTimestamptz;
}

int
SecondsDigits(TypeShape shape)
{
	return shape.modifier < 0 ? kFullSeconds : shape.modifier;
}

AssignmentFit
ToNumeric(TypeShape from, TypeShape to)
{
	if (IsFloat(from.type)) {
		return {Fit::Loses, "digits beyond the 15th (of real the 6th) or the scale are rounded off"};
	}
	int const integer = IntegerDigits(from.type);
	if (to.modifier < 0 || (integer == 0 && from.type != kNumeric && from.type != kMoney)) {
		return {};
	}
	constexpr int kMoneyScale = 2;
	constexpr int kMoneyDigits = 17;
	bool const unknown = from.type == kNumeric && from.modifier < 0;
	int const scale = integer > 0 ? 0 : from.type == kMoney ? kMoneyScale : Scale(from);
	int const whole = integer > 0 ? integer : from.type == kMoney ? kMoneyDigits : WholeDigits(from);
	if (unknown || scale > Scale(to)) {
		return {Fit::Loses, kRounded};
	}
	return whole > WholeDigits(to) ? AssignmentFit{Fit::MayFail, kTooLarge} : AssignmentFit{};
}

AssignmentFit
ToInteger(TypeShape from, TypeShape to)
{
	if (IsFloat(from.type) || (from.type == kNumeric && (from.modifier < 0 || Scale(from) > 0))) {
		return {Fit::Loses, kFractions};
	}
	if (IsOid(from.type) && to.type == kInt4) {
		return {Fit::Loses, "values beyond 2147483647 become negative"};
	}
	if (from.type == kNumeric || IntegerDigits(from.type) > IntegerDigits(to.type)) {
		return {Fit::MayFail, kTooLarge};
	}
	return {};
}

AssignmentFit
ToOid(TypeShape from)
{
	if (from.type == kInt2 || from.type == kInt4) {
		return {Fit::Loses, kNegative};
	}
	if (IsCharacters(from.type)) {
		return {Fit::MayFail, "names that nothing here has are an error"};
	}
	return from.type == kInt8 ? AssignmentFit{Fit::MayFail, kTooLarge} : AssignmentFit{};
}

// So few digits that a floating-point number tells every one of them.
bool
FitsIntoFloat(TypeShape numeric, bool is_real)
{
	int const digits = is_real ? 6 : 15;
	int const places = is_real ? 37 : 290;
	return numeric.modifier >= kHeader && Precision(numeric) <= digits && Scale(numeric) <= places &&
		   WholeDigits(numeric) <= places;
}

AssignmentFit
ToFloat(TypeShape from, TypeShape to)
{
	bool const to_real = to.type == kFloat4;
	if ((from.type == kNumeric && !FitsIntoFloat(from, to_real)) || from.type == kInt8 ||
		(to_real && (from.type == kInt4 || from.type == kFloat8))) {
		return {Fit::Loses, kFloatDigits};
	}
	return {};
}

// The most characters that a value has.
int
Length(TypeShape characters)
{
	return characters.type == kName		   ? kNameLength
		   : characters.modifier < kHeader ? INT32_MAX
										   : characters.modifier - kHeader;
}

// With its sign and point it is no longer than a name.
bool
IsShortNumeric(TypeShape from)
{
	constexpr int kMost = kNameLength - 3;
	return from.type == kNumeric && from.modifier >= kHeader && Precision(from) <= kMost && Scale(from) <= kMost &&
		   WholeDigits(from) <= kMost;
}

AssignmentFit
ToName(TypeShape from)
{
	bool const short_enough =
		IsCharacters(from.type)
			? from.type == kName || Length(from) <= kNameLength / kMostBytesOfCharacter
			: from.type == kChar || from.type == kOid || IsAmong(from.type, kShortTexts) || IsShortNumeric(from);
	return short_enough ? AssignmentFit{} : AssignmentFit{Fit::Loses, "text beyond 63 bytes is cut off"};
}

// Blanks at the end of char(n) are padding, those of other types are not: varchar(n) cuts off what is beyond n of
// them, char(n) forgets how many there were.
AssignmentFit
ToCharacters(TypeShape from, TypeShape to)
{
	if (to.type == kName) {
		return ToName(from);
	}
	if (to.type == kText || to.modifier < kHeader) {
		return {};
	}
	bool const may_be_longer = !IsCharacters(from.type) || Length(from) > Length(to);
	bool const may_end_with_blanks =
		(IsCharacters(from.type) && from.type != kBpchar) || from.type == kJson || from.type == kXml;
	if (!may_end_with_blanks && (from.type != kChar || to.type != kBpchar)) {
		return may_be_longer ? AssignmentFit{Fit::MayFail, kTooLong} : AssignmentFit{};
	}
	return may_be_longer && from.type != kChar ? AssignmentFit{Fit::Loses, kBlanks}
		   : to.type == kBpchar				   ? AssignmentFit{Fit::Loses, kPadding}
											   : AssignmentFit{};
}

AssignmentFit
ToTime(TypeShape from, TypeShape to, bool clock_changes)
{
	bool const has_zone = from.type == kTimestamptz || from.type == kTimetz;
	bool const takes_zone = to.type == kTimestamptz || to.type == kTimetz;
	bool const takes_date = to.type == kTimestamptz || to.type == kTimestamp;
	if (!takes_date && (from.type == kTimestamp || from.type == kTimestamptz)) {
		return {Fit::Loses, "the date is left out"};
	}
	if (!takes_date && from.type == kInterval) {
		return {Fit::Loses, "days and months are left out"};
	}
	if (has_zone && !takes_zone) {
		return {Fit::Loses, "the time zone is left out: what is stored depends on the pipeline's time zone"};
	}
	if (HoldsTimeOfDay(from.type) && SecondsDigits(from) > SecondsDigits(to)) {
		return {Fit::Loses, kSeconds};
	}
	if (from.type == kTimestamp && to.type == kTimestamptz && clock_changes) {
		return {Fit::Loses, kLocalTimes};
	}
	return from.type == kDate ? AssignmentFit{Fit::MayFail, kTooFar} : AssignmentFit{};
}

// How fine the smallest field is that an interval keeps; all fields above it are kept, too.
int
Fineness(TypeShape interval)
{
	// As in the server's datetime.h: a bit for each field in the upper half, digits of the seconds in the lower one.
	constexpr int kAllFields = 0x7fff;
	constexpr int kAllDigits = 0xffff;
	constexpr std::array<int, 6> kFields = {1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12}; // year to second
	int const fields = interval.modifier < 0 ? kAllFields : (interval.modifier >> 16) & kAllFields;
	int const digits = interval.modifier < 0 ? kAllDigits : interval.modifier & kAllDigits;
	for (size_t i = kFields.size(); i-- > 0;) {
		if ((fields & kFields.at(i)) != 0) {
			return static_cast<int>(i) + (i + 1 == kFields.size() ? std::min(digits, kFullSeconds) : 0);
		}
	}
	return 0;
}

AssignmentFit
ToInterval(TypeShape from, TypeShape to)
{
	constexpr int kSecond = 5;
	int const fineness = from.type == kTime ? kSecond + SecondsDigits(from) : Fineness(from);
	return fineness <= Fineness(to)
			   ? AssignmentFit{}
			   : AssignmentFit{Fit::Loses, "fields and fractions of seconds that the column does not hold are cut off"};
}

AssignmentFit
ToBits(TypeShape from, TypeShape to)
{
	bool const same = from.modifier >= 0 && (to.type == kBit ? from.type == kBit && from.modifier == to.modifier
															 : from.modifier <= to.modifier);
	return to.modifier < 0 || same ? AssignmentFit{}
								   : AssignmentFit{Fit::MayFail, "values of another length are an error"};
}

} // namespace

AssignmentFit
FitOfAssignment(TypeShape from, TypeShape to, bool clock_changes)
{
	if (IsOid(to.type)) {
		return ToOid(from);
	}
	switch (to.type) {
	case kNumeric:
		return ToNumeric(from, to);
	case kInt2:
	case kInt4:
	case kInt8:
		return ToInteger(from, to);
	case kFloat4:
	case kFloat8:
		return ToFloat(from, to);
	case kText:
	case kVarchar:
	case kBpchar:
	case kName:
		return ToCharacters(from, to);
	case kTime:
	case kTimetz:
	case kTimestamp:
	case kTimestamptz:
		return ToTime(from, to, clock_changes);
	case kInterval:
		return ToInterval(from, to);
	case kBit:
	case kVarbit:
		return ToBits(from, to);
	case kDate:
		return from.type == kTimestamp || from.type == kTimestamptz
				   ? AssignmentFit{Fit::Loses, "the time of day is left out"}
				   : AssignmentFit{};
	case kChar:
		return IsCharacters(from.type) ? AssignmentFit{Fit::Loses, "all but the first byte is cut off"}
									   : AssignmentFit{};
	case kMoney:
		return from.type == kNumeric && (from.modifier < 0 || Scale(from) > 2) ? AssignmentFit{Fit::Loses, kRounded}
			   : from.type != kMoney										   ? AssignmentFit{Fit::MayFail, kTooLarge}
																			   : AssignmentFit{};
	case kPolygon:
		return from.type == kPath ? AssignmentFit{Fit::MayFail, "open paths are an error"} : AssignmentFit{};
	case kCidr:
		return from.type == kInet ? AssignmentFit{Fit::Loses, "bits to the right of the netmask are cut off"}
								  : AssignmentFit{};
	case kMacaddr:
		return from.type == kMacaddr8 ? AssignmentFit{Fit::MayFail, "addresses of eight bytes are an error"}
									  : AssignmentFit{};
	default:
		return {};
	}
}

} // namespace sluice
