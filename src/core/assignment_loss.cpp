#include "core/assignment_loss.hpp"

namespace sluice {

namespace {

enum Type : uint32_t {
	kChar = 18,
	kName = 19,
	kInt8 = 20,
	kInt2 = 21,
	kInt4 = 23,
	kText = 25,
	kOid = 26,
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
};

constexpr int kHeader = 4; // VARHDRSZ, in modifiers of lengths
constexpr int kNameLength = 63;
constexpr int kFullSeconds = 6;

constexpr std::string_view kRounded = "digits beyond the scale are rounded off";
constexpr std::string_view kFractions = "fractions are rounded off";
constexpr std::string_view kFloatDigits = "digits that a floating-point number cannot hold are rounded off";
constexpr std::string_view kSeconds = "fractions of seconds are rounded off";
constexpr std::string_view kBlanks = "blanks at the end are cut off, and longer values are an error";
constexpr std::string_view kTooLarge = "values that are too large are an error";
constexpr std::string_view kTooLong = "values that are too long are an error";

// Of a numeric with a modifier.
int
Scale(TypeShape numeric)
{
	return (((numeric.modifier - kHeader) & 0x7ff) ^ 1024) - 1024;
}

// Digits before the point.
int
WholeDigits(TypeShape numeric)
{
	return (((numeric.modifier - kHeader) >> 16) & 0xffff) - Scale(numeric);
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
	if (from.type == kNumeric || IntegerDigits(from.type) > IntegerDigits(to.type)) {
		return {Fit::MayFail, kTooLarge};
	}
	return {};
}

AssignmentFit
ToFloat(TypeShape from, TypeShape to)
{
	bool const to_real = to.type == kFloat4;
	if (from.type == kNumeric || from.type == kInt8 || (to_real && (from.type == kInt4 || from.type == kFloat8))) {
		return {Fit::Loses, kFloatDigits};
	}
	return {};
}

AssignmentFit
ToCharacters(TypeShape from, TypeShape to)
{
	if (to.type == kName) {
		return from.type != kName && IsCharacters(from.type)
				   ? AssignmentFit{Fit::Loses, "text beyond 63 bytes is cut off"}
				   : AssignmentFit{};
	}
	if (to.type == kText || to.modifier < kHeader) {
		return {};
	}
	if (!IsCharacters(from.type)) {
		return {Fit::MayFail, kTooLong};
	}
	int const length = from.type == kName ? kNameLength : from.modifier < kHeader ? INT32_MAX : from.modifier - kHeader;
	return length > to.modifier - kHeader ? AssignmentFit{Fit::Loses, kBlanks} : AssignmentFit{};
}

AssignmentFit
ToTime(TypeShape from, TypeShape to)
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
	return {};
}

AssignmentFit
ToInterval(TypeShape from, TypeShape to)
{
	if (to.modifier < 0 || (from.type == kInterval && from.modifier == to.modifier)) {
		return {};
	}
	return {Fit::Loses, "fields and fractions of seconds that the column does not hold are cut off"};
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
FitOfAssignment(TypeShape from, TypeShape to)
{
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
		return ToTime(from, to);
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
	case kOid:
		return IntegerDigits(from.type) > 0 ? AssignmentFit{Fit::MayFail, kTooLarge} : AssignmentFit{};
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
