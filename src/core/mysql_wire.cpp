#include "core/mysql_wire.hpp"

namespace sluice {

namespace {

constexpr int kHours = 24;
constexpr int kSixty = 60;
constexpr int64_t kOneSecond = 1'000'000;

} // namespace

bool
ReadMysqlMoment(const unsigned char *data, size_t length, MysqlMoment *moment)
{
	*moment = {};
	if (length != 0 && length != 4 && length != 7 && length != 11) {
		return false;
	}
	if (length >= 4) {
		moment->year = MysqlNumber<uint16_t>(data);
		moment->month = data[2];
		moment->day = data[3];
	}
	if (length >= 7) {
		moment->hour = data[4];
		moment->minute = data[5];
		moment->second = data[6];
	}
	uint32_t const microsecond = length == 11 ? MysqlNumber<uint32_t>(data + 7) : 0;
	moment->microsecond = static_cast<int>(microsecond);
	return microsecond < kOneSecond && moment->hour < kHours && moment->minute < kSixty && moment->second < kSixty;
}

bool
ReadMysqlSpan(const unsigned char *data, size_t length, MysqlSpan *span)
{
	constexpr uint32_t kMostDays = 1000; // the longest time is 838:59:59
	*span = {};
	if (length == 0) {
		return true;
	}
	if (length != 8 && length != 12) {
		return false;
	}
	uint32_t const days = MysqlNumber<uint32_t>(data + 1);
	uint32_t const microsecond = length == 12 ? MysqlNumber<uint32_t>(data + 8) : 0;
	if (data[0] > 1 || days > kMostDays || data[5] >= kHours || data[6] >= kSixty || data[7] >= kSixty ||
		microsecond >= kOneSecond) {
		return false;
	}
	span->negative = data[0] == 1;
	int64_t const hours = static_cast<int64_t>(days) * kHours + data[5];
	span->microseconds = ((hours * kSixty + data[6]) * kSixty + data[7]) * kOneSecond + microsecond;
	return true;
}

} // namespace sluice
