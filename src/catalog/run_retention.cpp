#include "catalog/run_retention.hpp"

#include "catalog/pipeline_options.hpp"
#include "catalog/reject_store.hpp"
#include "catalog/statement.hpp"
#include "core/duration.hpp"
#include "core/uuid.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

constexpr const char *kNoId = "00000000-0000-0000-0000-000000000000";

// As the indexes say it: one class of runs of the pipeline $1, newest first. Ordered by the pipeline as well, which
// must not be fixed by an equality then: the primary key gives the order of ids too, with the runs of all pipelines.
#define SLUICE_FAILED "status = 'failed'"
#define SLUICE_OTHERS "status IN ('success', 'skipped', 'stopped')"
#define SLUICE_NEWEST(class)                                                                                           \
	"SELECT id FROM sluice.pipeline_runs WHERE pipeline_id >= $1::uuid AND pipeline_id <= $1::uuid AND " class         \
		" ORDER BY pipeline_id, id DESC OFFSET $2::bigint LIMIT 1"

// No EXISTS: it may become a join with all that is active. $2: the greatest id there may be, $3: too many from here
// back, $4: too old before, $5: stays, $6: limit.
#define SLUICE_PURGE(class)                                                                                            \
	"DELETE FROM sluice.pipeline_runs WHERE id = ANY (ARRAY (SELECT q.id FROM sluice.pipeline_runs q "                 \
	"WHERE q.pipeline_id = $1::uuid AND q.id <= $2::uuid AND q." class                                                 \
		" AND (q.id <= $3::uuid OR q.end_time < " SLUICE_SQL_AT(                                                       \
			"$4") ") AND q.id <> $5::uuid "                                                                            \
				  "AND (SELECT a.batch FROM sluice.pipeline_runs a WHERE a.batch = q.batch "                           \
				  "AND a.status IN ('pending', 'running') LIMIT 1) IS NULL "                                           \
				  "AND (SELECT e.batch FROM sluice.pipeline_ended e WHERE e.batch = q.batch LIMIT 1) IS NULL "         \
				  "AND (SELECT a.id FROM sluice.pipeline_runs a WHERE a.pipeline_id = $1::uuid AND a.root_run = "      \
				  "q.root_run AND a.status IN ('pending', 'running') LIMIT 1) IS NULL "                                \
				  "ORDER BY q.id LIMIT $6::bigint FOR UPDATE SKIP LOCKED)) RETURNING id"

struct Statements {
	const char *newest;
	const char *purge;
};
constexpr Statements kFailed = {SLUICE_NEWEST(SLUICE_FAILED), SLUICE_PURGE(SLUICE_FAILED)};
constexpr Statements kOthers = {SLUICE_NEWEST(SLUICE_OTHERS), SLUICE_PURGE(SLUICE_OTHERS)};

// The id of the run of a class that is newest but so many; nothing: there are not that many.
pg::SqlValue
Newest(const Statements &statements, const std::string &pipeline_id, int64_t but)
{
	pg::SqlResult const rows = Execute(statements.newest, {pipeline_id, Number(but)});
	return rows.Empty() ? std::nullopt : rows.Cell(0, 0);
}

// No run that ended before that time has a greater id: ids begin with the time at which a run was queued.
std::string
GreatestIdAt(TimestampTz at)
{
	constexpr int64_t kEpochShift = static_cast<int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	UuidRandom random;
	random.fill(0xFF);
	return UuidV7(std::max<int64_t>((at + kEpochShift) / kMillisecond, 0), kMaxUuidCounter, random);
}

int
PurgeClass(const Statements &statements, const std::string &pipeline_id, bool exists, const RetentionLimit &keep,
		   int limit)
{
	pg::SqlValue const too_many = keep.runs > 0 ? Newest(statements, pipeline_id, keep.runs) : std::nullopt;
	std::optional<TimestampTz> const too_old =
		keep.microseconds > 0 ? std::optional<TimestampTz>(pg::Now() - keep.microseconds) : std::nullopt;
	if (!too_many && !too_old) {
		return 0;
	}
	std::string greatest = too_old ? GreatestIdAt(*too_old) : *too_many;
	if (too_many && *too_many > greatest) {
		greatest = *too_many;
	}
	pg::SqlValue const stays = exists ? Newest(statements, pipeline_id, 0) : std::nullopt;
	pg::SqlResult const rows = Execute(
		statements.purge, {pipeline_id, greatest, too_many, Instant(too_old), stays.value_or(kNoId), Number(limit)});
	if (rows.Empty()) {
		return 0;
	}
	std::vector<std::string> ids;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		ids.push_back(rows.Text(row, 0));
	}
	Execute("DELETE FROM sluice.pipeline_run_log WHERE run_id = ANY ($1::uuid[])", {PlainArray(ids)});
	ForgetRejectsOf(ids);
	// A batch goes with its root run.
	Execute("DELETE FROM sluice.pipeline_batch_nodes WHERE batch = ANY ($1::uuid[])", {PlainArray(ids)});
	return static_cast<int>(ids.size());
}

} // namespace

Retention
RetentionOf(const std::string &pipeline_id)
{
	Retention retention;
	retention.failed = {pg::Settings::keep_failed_runs, pg::Settings::keep_failed_runs_for * kSecond};
	retention.others = {pg::Settings::keep_runs, pg::Settings::keep_runs_for * kSecond};
	pg::SqlResult const rows =
		Execute("SELECT options FROM sluice.pipeline_definitions WHERE id = $1::uuid "
				"AND options ?| '{{keep_failed_runs,keep_failed_runs_for,keep_runs,keep_runs_for}}'",
				{pipeline_id});
	if (rows.Empty()) {
		return retention;
	}
	OptionValues const options = ReadOptions(rows.Text(0, 0));
	if (options.IsGiven("keep_failed_runs")) {
		retention.failed.runs = options.Integer("keep_failed_runs");
	}
	if (options.IsGiven("keep_failed_runs_for")) {
		retention.failed.microseconds = options.DurationMicroseconds("keep_failed_runs_for");
	}
	if (options.IsGiven("keep_runs")) {
		retention.others.runs = options.Integer("keep_runs");
	}
	if (options.IsGiven("keep_runs_for")) {
		retention.others.microseconds = options.DurationMicroseconds("keep_runs_for");
	}
	return retention;
}

std::vector<EndedRuns>
EndedAfter(TimestampTz after, int limit)
{
	pg::SqlResult const rows =
		Execute("SELECT pipeline_id, " SLUICE_SQL_MICROSECONDS(
					"end_time") " FROM sluice.pipeline_runs WHERE end_time > " SLUICE_SQL_AT("$1") " ORDER BY end_time "
																								   "LIMIT $2::bigint",
				{Instant(after), Number(limit)});
	std::vector<EndedRuns> ended;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		ended.push_back({rows.Text(row, 0), rows.Integer(row, 1)});
	}
	return ended;
}

std::string
AnyId()
{
#define SLUICE_TIME_PART "SELECT ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint AS n "
	pg::SqlResult const rows =
		Execute("SELECT rpad(lpad(to_hex(a.n + floor(random() * (z.n - a.n))::bigint), 12, '0'), 32, '0')::uuid FROM "
				"(" SLUICE_TIME_PART "FROM sluice.pipeline_definitions ORDER BY id LIMIT 1) a, "
				"(" SLUICE_TIME_PART "FROM sluice.pipeline_definitions ORDER BY id DESC LIMIT 1) z");
#undef SLUICE_TIME_PART
	return rows.Empty() ? kNoId : rows.Text(0, 0);
}

std::vector<std::string>
PipelinesWithRuns(const std::string &after, int limit)
{
	// One probe of the index for each, however many runs they have.
	pg::SqlResult const rows =
		Execute("WITH RECURSIVE p AS ((SELECT pipeline_id FROM sluice.pipeline_runs WHERE pipeline_id > $1::uuid "
				"ORDER BY pipeline_id LIMIT 1) UNION ALL SELECT (SELECT r.pipeline_id FROM sluice.pipeline_runs r "
				"WHERE r.pipeline_id > p.pipeline_id ORDER BY r.pipeline_id LIMIT 1) FROM p "
				"WHERE p.pipeline_id IS NOT NULL) "
				"SELECT pipeline_id FROM p WHERE pipeline_id IS NOT NULL LIMIT $2::bigint",
				{after.empty() ? kNoId : after, Number(limit)});
	std::vector<std::string> ids;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		ids.push_back(rows.Text(row, 0));
	}
	return ids;
}

int
PurgeRuns(const std::string &pipeline_id, const Retention &retention, int limit)
{
	bool const exists = !Execute("SELECT FROM sluice.pipeline_definitions WHERE id = $1::uuid", {pipeline_id}).Empty();
	int const purged = PurgeClass(kFailed, pipeline_id, exists, retention.failed, limit);
	return purged < limit ? purged + PurgeClass(kOthers, pipeline_id, exists, retention.others, limit - purged)
						  : purged;
}

} // namespace sluice::catalog
