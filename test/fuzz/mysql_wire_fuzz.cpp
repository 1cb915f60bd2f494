// Any bytes as rows of MySQL's binary protocol: every value that is found lies within its row, and what is read of a
// date, a time or a decimal is in range.
//   input: a byte per column (1 to 16 columns, the first byte says how many), then the row
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/mysql_wire.hpp"
#include "core/numeric_wire.hpp"

namespace {

void
Require(bool holds)
{
	if (!holds) {
		std::abort();
	}
}

void
CheckDecimal(const unsigned char *data, size_t length)
{
	// Exactly as large as it may be: a sanitizer sees every word too many.
	std::vector<uint16_t> stored(std::min<size_t>(length / 4 + 3, sluice::kMaxTextWords));
	int const words =
		sluice::NumericFromText(reinterpret_cast<const char *>(data), length, reinterpret_cast<char *>(stored.data()));
	Require(words >= 0 && words <= static_cast<int>(stored.size()));
	for (int i = 1; i < words; ++i) {
		Require(stored[i] < 10000);
	}
}

void
CheckMoment(const unsigned char *data, size_t length)
{
	sluice::MysqlMoment moment;
	if (sluice::ReadMysqlMoment(data, length, &moment)) {
		Require(moment.hour < 24 && moment.minute < 60 && moment.second < 60 && moment.microsecond < 1000000);
	}
	sluice::MysqlSpan span;
	if (sluice::ReadMysqlSpan(data, length, &span)) {
		Require(span.microseconds >= 0 && span.microseconds <= 1001LL * 86400 * 1000000);
	}
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	int const columns = data[0] % 16 + 1;
	if (size < 1 + static_cast<size_t>(columns)) {
		return 0;
	}
	size_t const length = size - 1 - columns;
	std::unique_ptr<unsigned char[]> const row(new unsigned char[length]);
	std::memcpy(row.get(), data + 1 + columns, length);
	sluice::MysqlCursor cursor{row.get(), row.get() + length};
	const unsigned char *nulls = nullptr;
	if (sluice::TakeMysqlRow(&cursor, columns, &nulls) != nullptr) {
		return 0;
	}
	for (int i = 0; i < columns; ++i) {
		if (sluice::IsMysqlNull(nulls, i)) {
			continue;
		}
		const unsigned char *value = nullptr;
		size_t taken = data[1 + i] % 9;
		sluice::WireFault const fault = taken == 0 ? sluice::TakeMysqlString(&cursor, &value, &taken)
												   : sluice::TakeMysqlFixed(&cursor, taken, &value);
		if (fault != nullptr) {
			return 0;
		}
		Require(value >= row.get() && value + taken <= cursor.end);
		CheckDecimal(value, taken);
		CheckMoment(value, taken);
	}
	(void)sluice::EndMysqlRow(&cursor);
	return 0;
}
