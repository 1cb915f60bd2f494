#include "catalog/chain_view.hpp"

#include <set>

#include "catalog/run_settle.hpp"
#include "catalog/statement.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

namespace {

// The last attempt of the run whose first one that is.
std::string
LastAttemptOf(const std::string &first)
{
	return "LATERAL (SELECT a.id, a.status, a.cause, a.due_at, a.start_time, a.end_time FROM (SELECT r.* FROM "
		   "sluice.pipeline_runs r WHERE r.id = " +
		   first + " UNION ALL SELECT r.* FROM sluice.pipeline_runs r WHERE r.root_run = " + first +
		   " AND r.attempt > 1) a ORDER BY a.attempt DESC LIMIT 1)";
}

// The last ones only: a pipeline that never succeeds has no end of failed runs.
std::string
TypicalOf(const std::string &pipeline)
{
	return "(SELECT (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.duration)) * 1000000)::bigint "
		   "FROM (SELECT r.status, r.duration FROM sluice.pipeline_runs r WHERE r.pipeline_id >= " +
		   pipeline + " AND r.pipeline_id <= " + pipeline +
		   " ORDER BY r.pipeline_id, r.id DESC LIMIT 50) s WHERE s.status = 'success')";
}

// Of m, a member; last, fb and active, the last attempts of its run, of its fallback's, and of what is under way.
constexpr const char *kAttemptColumns =
	"m.state = 'done', CASE WHEN m.state = 'done' THEN m.outcome WHEN m.state = 'waiting' THEN 'waiting' "
	"WHEN active.status = 'running' THEN 'running' "
	"WHEN active.cause = 'retry' AND active.due_at > " SLUICE_SQL_AT(
		"$3") " THEN 'retrying' ELSE 'queued' END, last.id, fb.id, ";

std::string
AttemptTimes()
{
	return SLUICE_SQL_MICROSECONDS("last.start_time") ", " SLUICE_SQL_MICROSECONDS(
		"COALESCE(fb.end_time, last.end_time)") ", " SLUICE_SQL_MICROSECONDS("active.start_time") ", ";
}

ChainMember
ReadMember(const pg::SqlResult &rows, size_t row)
{
	ChainMember member;
	size_t column = 0;
	member.pipeline_id = rows.Text(row, column++);
	member.name = rows.Text(row, column++);
	member.visible = rows.IsTrue(row, column++);
	member.reason = rows.Cell(row, column++);
	member.parents = PlainElements(rows.Text(row, column++));
	member.rule = rows.Text(row, column++);
	member.over = rows.IsTrue(row, column++);
	member.state = rows.Text(row, column++);
	member.run = rows.Cell(row, column++);
	member.fallback_run = rows.Cell(row, column++);
	member.start = InstantCell(rows, row, column++);
	member.end = InstantCell(rows, row, column++);
	member.current_start = InstantCell(rows, row, column++);
	member.current = rows.Text(row, column++);
	if (IsSet(rows, row, column)) {
		member.typical = rows.Integer(row, column);
	}
	return member;
}

// Parents before children, else in the order of the list.
std::vector<ChainMember>
Sorted(std::vector<ChainMember> members)
{
	std::vector<ChainMember> sorted;
	std::set<std::string> placed;
	sorted.reserve(members.size());
	while (!members.empty()) {
		std::vector<ChainMember> left;
		for (ChainMember &member : members) {
			bool const ready = std::all_of(member.parents.begin(), member.parents.end(),
										   [&placed](const std::string &parent) { return placed.count(parent) > 0; });
			if (ready) {
				sorted.push_back(std::move(member));
			} else {
				left.push_back(std::move(member));
			}
		}
		if (left.size() == members.size()) {
			sorted.insert(sorted.end(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
			break;
		}
		for (const ChainMember &member : sorted) {
			placed.insert(member.pipeline_id);
		}
		members = std::move(left);
	}
	return sorted;
}

// A run that nothing follows.
ChainView
LookAtSingle(const RunRow &run, Oid role)
{
	static std::string const statement =
		"SELECT m.pipeline_id, m.pipeline_name, pg_has_role($2::oid, m.owner_oid, 'USAGE'), m.reason, '{{}}', "
		"'all_success', " +
		(kAttemptColumns + AttemptTimes()) + "m.pipeline_name, CASE WHEN m.state = 'queued' THEN " +
		TypicalOf("m.pipeline_id") +
		" END FROM (SELECT r.*, CASE WHEN r.status IN ('pending', 'running') THEN 'queued' ELSE 'done' END AS state, "
		"r.status AS outcome FROM sluice.pipeline_runs r WHERE r.id = $1::uuid) m "
		"LEFT JOIN sluice.pipeline_runs last ON last.id = m.id LEFT JOIN sluice.pipeline_runs active ON active.id = "
		"m.id "
		"LEFT JOIN sluice.pipeline_runs fb ON false";
	pg::SqlResult const rows = Execute(
		statement, {LastAttempt(run.root_run).value_or(run.id), Number(role), Instant(pg::Now())}, Reading::Latest);
	ChainView view;
	view.settled = FinalStatus(run.root_run).has_value();
	if (!rows.Empty()) {
		view.members.push_back(ReadMember(rows, 0));
	}
	return view;
}

// The slices of a backfill: their pipeline's runs of one batch.
ChainView
LookAtSlices(const RunRow &run, Oid role)
{
	static std::string const statement =
		"SELECT m.pipeline_id, m.pipeline_name, pg_has_role($2::oid, m.owner_oid, 'USAGE'), m.reason, '{{}}', "
		"'all_success', " +
		(kAttemptColumns + AttemptTimes()) +
		"m.pipeline_name, NULL, EXISTS (SELECT FROM sluice.pipeline_ended e WHERE e.batch = $1::uuid) "
		"FROM (SELECT DISTINCT ON (r.root_run) r.*, CASE WHEN r.status IN ('pending', 'running') THEN 'queued' ELSE "
		"'done' END AS state, r.status AS outcome FROM sluice.pipeline_runs r WHERE r.pipeline_id = $4::uuid AND "
		"r.batch = $1::uuid ORDER BY r.root_run, r.attempt DESC) m "
		"LEFT JOIN sluice.pipeline_runs last ON last.id = m.id LEFT JOIN sluice.pipeline_runs active ON active.id = "
		"m.id LEFT JOIN sluice.pipeline_runs fb ON false ORDER BY m.root_run";
	pg::SqlResult const rows =
		Execute(statement, {run.batch, Number(role), Instant(pg::Now()), run.pipeline_id}, Reading::Latest);
	ChainView view;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		view.settled = !rows.IsTrue(row, 15);
		view.members.push_back(ReadMember(rows, row));
	}
	return view;
}

} // namespace

bool
ChainView::Over() const
{
	return settled &&
		   std::all_of(members.begin(), members.end(), [](const ChainMember &member) { return member.over; });
}

ChainView
LookAtChain(const RunRow &run, Oid role)
{
	static std::string const statement =
		"SELECT m.pipeline_id, m.pipeline_name, pg_has_role($2::oid, m.owner_oid, 'USAGE'), m.reason, m.parents, "
		"m.rule, " +
		(kAttemptColumns + AttemptTimes()) +
		"CASE WHEN pg_has_role($2::oid, f.owner_oid, 'USAGE') THEN f.name ELSE m.pipeline_name END, CASE WHEN m.state "
		"<> 'done' THEN " +
		TypicalOf("COALESCE(f.id, m.pipeline_id)") +
		" END, EXISTS (SELECT FROM sluice.pipeline_ended e WHERE e.batch = $1::uuid) "
		"FROM sluice.pipeline_batch_nodes m LEFT JOIN " +
		LastAttemptOf("m.run") + " last ON true LEFT JOIN " + LastAttemptOf("m.fallback_run") +
		" fb ON true LEFT JOIN " + LastAttemptOf("COALESCE(m.fallback_run, m.run)") +
		" active ON true LEFT JOIN LATERAL (SELECT d.id, d.name, d.owner_oid FROM sluice.pipeline_definitions d WHERE "
		"d.id = m.fallback OFFSET 0) f ON m.fallback_run IS NOT NULL "
		"WHERE m.batch = $1::uuid ORDER BY last.start_time, m.pipeline_name, m.pipeline_id";
	pg::SqlResult const rows = Execute(statement, {run.batch, Number(role), Instant(pg::Now())}, Reading::Latest);
	if (rows.Empty()) {
		return run.is_slice ? LookAtSlices(run, role) : LookAtSingle(run, role);
	}
	ChainView view;
	view.settled = !rows.IsTrue(0, 15);
	for (size_t row = 0; row < rows.Rows(); ++row) {
		view.members.push_back(ReadMember(rows, row));
	}
	view.members = Sorted(std::move(view.members));
	return view;
}

} // namespace sluice::catalog
