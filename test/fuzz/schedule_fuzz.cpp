// Any bytes as a schedule: refused with an Error, or due instants that rise and fit the schedule's fields.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/civil.hpp"
#include "core/error.hpp"
#include "core/local_time.hpp"
#include "core/schedule.hpp"

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

// The clock of a due instant fits the fields, but right after a gap. Days are left to the unit tests.
void
CheckFields(const sluice::CronFields &fields, int64_t due, const sluice::Zone &zone)
{
	int64_t const local = sluice::LocalFromUtc(due, zone);
	if (sluice::LocalFromUtc(due - 1, zone) + 1 < local) {
		return;
	}
	int64_t const of_day = sluice::FloorModulo(local, sluice::kDaySeconds);
	Require(((fields.hours >> (of_day / 3600)) & 1) != 0);
	Require(((fields.minutes >> (of_day / 60 % 60)) & 1) != 0);
	Require(((fields.seconds >> (of_day % 60)) & 1) != 0);
}

void
CheckSchedule(const sluice::Schedule &schedule)
{
	Require(!schedule.Describe().empty());
	SwitchingZone const zone;
	int64_t at = 1'795'000'000;
	for (int i = 0; i < 50; ++i) {
		std::optional<int64_t> const next = schedule.NextAfter(at, zone);
		// What is never due is refused.
		Require(next && *next > at);
		// Nothing is due between: the answer from just before it is the same.
		Require(schedule.NextAfter(*next - 1, zone) == next);
		Require(schedule.NextAfter(at + (*next - at) / 2, zone) == next);
		if (const sluice::Cron *const cron = schedule.AsCron()) {
			CheckFields(cron->Fields(), *next, zone);
		}
		at = *next;
	}
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	std::string_view const text(reinterpret_cast<const char *>(data), size);
	try {
		CheckSchedule(sluice::Schedule::Parse(text));
	} catch (const sluice::Error &error) {
		Require(error.State() == sluice::SqlState("22023") && !error.Info().hint.empty());
	}
	return 0;
}
