#include "engine/source/postgres/postgres_estimate.hpp"

#include <charconv>

namespace sluice::engine {

namespace {

// From EXPLAIN's JSON, of its first node; 0 when it holds no such number.
int64_t
PlannedNumber(const std::string &plan, const std::string &name)
{
	std::string const quoted = "\"" + name + "\":";
	size_t const key = plan.find(quoted);
	if (key == std::string::npos) {
		return 0;
	}
	size_t const number = std::min(plan.find_first_not_of(' ', key + quoted.size()), plan.size());
	int64_t value = 0;
	(void)std::from_chars(plan.data() + number, plan.data() + plan.size(), value);
	return std::max<int64_t>(value, 0);
}

} // namespace

PostgresEstimate
EstimateSize(pg::RemoteConnection &remote, const char *columns, const std::string &body)
{
	pg::SqlResult const result = remote.Exec(Format("EXPLAIN (FORMAT JSON) SELECT {} FROM {}", columns, body));
	std::string const plan = result.Empty() ? "" : result.Text(0, 0);
	PostgresEstimate estimate;
	estimate.rows = PlannedNumber(plan, "Plan Rows");
	estimate.bytes = estimate.rows * PlannedNumber(plan, "Plan Width");
	estimate.reads_elsewhere = plan.find("\"Foreign Scan\"") != std::string::npos;
	return estimate;
}

} // namespace sluice::engine
