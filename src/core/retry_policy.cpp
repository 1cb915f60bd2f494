#include "core/retry_policy.hpp"

#include <algorithm>
#include <array>

#include "core/sqlstate.hpp"

namespace sluice {

namespace {

constexpr std::array kTransient = {
	SqlState("40001"), // serialization_failure
	SqlState("40P01"), // deadlock_detected
	SqlState("25P04"), // transaction_timeout
	SqlState("55P03"), // lock_not_available
	SqlState("55006"), // object_in_use
	SqlState("57P01"), // admin_shutdown
	SqlState("57P02"), // crash_shutdown
	SqlState("57P03"), // cannot_connect_now
	SqlState("57P05"), // idle_session_timeout
	SqlState("58030"), // io_error
	SqlState("HV00N"), // fdw_unable_to_establish_connection
	sqlstate::kWorkerLost,		sqlstate::kSourceSilent, sqlstate::kRunTimedOut,
	sqlstate::kDestinationLost, sqlstate::kSnapshotLost,
};

constexpr std::array kOutages = {
	SqlState("57P01"), SqlState("57P02"), SqlState("57P03"),
	SqlState("53300"), SqlState("HV00N"), sqlstate::kSourceSilent,
};

// The characters of a SQLSTATE are packed six bits each, the first one lowest.
bool
IsOfClass(int sqlstate, int example)
{
	constexpr int kClassBits = (1 << 12) - 1;
	return (sqlstate & kClassBits) == (example & kClassBits);
}

template <size_t N>
bool
Contains(const std::array<int, N> &states, int sqlstate)
{
	return std::find(states.begin(), states.end(), sqlstate) != states.end();
}

// delay * 2^times, at most max.
int64_t
Doubled(int64_t delay, int times, int64_t max)
{
	int64_t value = std::min(delay, max);
	for (int i = 0; i < times && value < max; ++i) {
		value = value > max / 2 ? max : value * 2;
	}
	return value;
}

} // namespace

bool
IsTransient(int sqlstate)
{
	// 08P01 is a source that does not speak the protocol: it will not learn it.
	return (IsOfClass(sqlstate, SqlState("08000")) && sqlstate != sqlstate::kProtocolViolation) ||
		   (IsOfClass(sqlstate, SqlState("53000")) && sqlstate != sqlstate::kConfigurationLimitExceeded) ||
		   Contains(kTransient, sqlstate);
}

bool
IsSourceOutage(int sqlstate)
{
	return (IsOfClass(sqlstate, SqlState("08000")) && sqlstate != sqlstate::kProtocolViolation) ||
		   Contains(kOutages, sqlstate);
}

std::optional<int64_t>
RetryDelay(const RetryPolicy &policy, int sqlstate, int attempt, double random)
{
	if (attempt > policy.max_retries || !IsTransient(sqlstate)) {
		return std::nullopt;
	}
	int64_t const wait = Doubled(policy.delay, attempt - 1, policy.max_delay);
	double const spread = 0.8 + 0.4 * random;
	return std::min(static_cast<int64_t>(static_cast<double>(wait) * spread), policy.max_delay);
}

bool
IsOutcomeUnknown(const RunEnd &end)
{
	bool const failed = end.status == "failed";
	if (end.status == "success" || end.sqlstate == sqlstate::kLostAtDestination) {
		return false;
	}
	// Whatever ended it: nobody has looked yet.
	if (end.was_unknown && !HasLookedBack(end.phase)) {
		return true;
	}
	if (!failed && end.status != "stopped") {
		return false;
	}
	if (end.phase == RunPhase::Committing) {
		return true;
	}
	// With the whole server went the knowledge how far it had come.
	if (failed && end.sqlstate == sqlstate::kWorkerLost && end.phase == RunPhase::None) {
		return true;
	}
	// An earlier attempt was still open at that server and could not be waited for any longer.
	return failed && end.phase == RunPhase::Checking && end.sqlstate == SqlState("55P03");
}

std::optional<int64_t>
LookDelay(const RetryPolicy &policy, int attempt, double random)
{
	RetryPolicy look = policy;
	look.max_retries += kMaxLooks;
	return RetryDelay(look, sqlstate::kWorkerLost, attempt, random);
}

std::optional<int64_t>
OutageDelay(int failures, int tolerated, int64_t delay, int64_t max_delay)
{
	if (tolerated <= 0 || failures < tolerated) {
		return std::nullopt;
	}
	return Doubled(delay, failures - tolerated, max_delay);
}

} // namespace sluice
