// Any bytes as a schedule: refused with an Error, or due instants that rise and fit the schedule's fields.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/cron.hpp"
#include "core/error.hpp"
#include "core/local_time.hpp"

namespace {

// Half an hour west of Berlin and a change twice a year, both ways, so that the clock is never simple.
class SwitchingZone final : public sluice::Zone {
public:
	int OffsetAt(int64_t utc_seconds) const override
	{
		constexpr int64_t kHalfYear = 182 * 86400 + 3600;
		int64_t const season = utc_seconds / kHalfYear - (utc_seconds % kHalfYear < 0 ? 1 : 0);
		return season % 2 == 0 ? 1800 : 5400;
	}
};

void
Require(bool holds)
{
	if (!holds) {
		std::abort();
	}
}

void
CheckSchedule(const sluice::Cron &cron)
{
	Require(!cron.Describe().empty());
	SwitchingZone const zone;
	int64_t at = 1'795'000'000;
	for (int i = 0; i < 50; ++i) {
		std::optional<int64_t> const next = cron.NextAfter(at, zone);
		if (!next) {
			return;
		}
		Require(*next > at);
		// Nothing is due between: the answer from just before it is the same.
		Require(cron.NextAfter(*next - 1, zone) == next);
		Require(cron.NextAfter(at + (*next - at) / 2, zone) == next);
		int64_t const local = sluice::LocalFromUtc(*next, zone);
		bool const after_gap = sluice::LocalFromUtc(*next - 1, zone) + 1 < local;
		int64_t const minute = (local % 3600) / 60;
		Require(after_gap || (((cron.Fields().minutes >> minute) & 1) != 0 && local % 60 == 0));
		at = *next;
	}
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	std::string_view const text(reinterpret_cast<const char *>(data), size);
	try {
		CheckSchedule(sluice::Cron::Parse(text));
	} catch (const sluice::Error &error) {
		Require(error.State() == sluice::SqlState("22023") && !error.Info().hint.empty());
	}
	return 0;
}
