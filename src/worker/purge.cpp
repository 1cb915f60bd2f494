// History that stays small: takes away what is more or older than each pipeline keeps. A little at a time, in
// transactions of its own, so that nothing that is due waits for it: pipelines that ran since the last time, and then
// a few of all others, in turn.
#include <set>

#include "catalog/run_retention.hpp"
#include "core/duration.hpp"
#include "core/steady_clock.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "worker/database_slots.hpp"
#include "worker/log.hpp"
#include "worker/scheduler.hpp"

namespace sluice::worker {

namespace {

constexpr int64 kBudget = 20 * kMillisecond;
constexpr int kRunsAtOnce = 200;
constexpr int kEndedAtOnce = 1000;
constexpr int kSweepAtOnce = 50;
// After a start of the server; what ended before is for the sweep.
constexpr int64 kFirstLook = kHour;
// An end is dated a little before it can be seen.
constexpr int64 kCommitLag = 10 * kSecond;

class Purge {
public:
	explicit Purge(Oid database) : database_(database), started_(SteadyNow()) {}

	// True when time ran out.
	bool Recent();
	bool Sweep();

private:
	bool IsOver() const { return SteadyNow() - started_ > kBudget; }
	// False when time ran out before its history was as it should be.
	bool Clean(const std::string &pipeline_id);

	Oid database_;
	SteadyTime started_;
	std::set<std::string> done_;
};

bool
Purge::Clean(const std::string &pipeline_id)
{
	if (!done_.insert(pipeline_id).second) {
		return true;
	}
	int purged = kRunsAtOnce;
	while (purged == kRunsAtOnce) {
		if (IsOver()) {
			return false;
		}
		try {
			pg::InTransaction(
				[&] { purged = catalog::PurgeRuns(pipeline_id, catalog::RetentionOf(pipeline_id), kRunsAtOnce); });
		} catch (const Error &error) {
			// The others' turn; this one's comes again.
			LogError(Format("history of pipeline {} could not be purged", pipeline_id), error);
			return true;
		}
	}
	return true;
}

bool
Purge::Recent()
{
	TimestampTz const now = pg::Now();
	leaf::PurgeMarks marks{};
	pg::Call(leaf::ReadPurgeMarks, database_, &marks);
	if (marks.purged_to == 0 || marks.purged_to > now) {
		marks.purged_to = now - kFirstLook;
		// Anywhere, so that all have their turn even where the server starts often.
		pg::InTransaction([&marks] { marks.swept_to = UuidFromText(catalog::AnyId()); });
	}
	std::vector<catalog::EndedRuns> ended;
	pg::InTransaction([&] { ended = catalog::EndedAfter(marks.purged_to, kEndedAtOnce); });
	bool over = ended.size() == static_cast<size_t>(kEndedAtOnce);
	bool stopped = false;
	for (const catalog::EndedRuns &one : ended) {
		if (!Clean(one.pipeline_id)) {
			over = stopped = true;
			break;
		}
		marks.purged_to = one.at;
	}
	if (!over && !stopped) {
		marks.purged_to = now - kCommitLag;
	}
	pg::Call(leaf::WritePurgeMarks, database_, &marks);
	return over;
}

bool
Purge::Sweep()
{
	leaf::PurgeMarks marks{};
	pg::Call(leaf::ReadPurgeMarks, database_, &marks);
	std::vector<std::string> pipelines;
	pg::InTransaction([&] { pipelines = catalog::PipelinesWithRuns(UuidText(marks.swept_to), kSweepAtOnce); });
	bool over = false;
	for (const std::string &pipeline : pipelines) {
		if (!Clean(pipeline)) {
			over = true;
			break;
		}
		marks.swept_to = UuidFromText(pipeline);
	}
	if (!over && pipelines.size() < static_cast<size_t>(kSweepAtOnce)) {
		marks.swept_to = pg_uuid_t{};
	}
	pg::Call(leaf::WritePurgeMarks, database_, &marks);
	return over;
}

} // namespace

bool
PurgeHistory(const SchedulerState &state)
{
	Purge purge(state.database);
	return purge.Recent() || purge.Sweep();
}

} // namespace sluice::worker
