#include "catalog/reject_store.hpp"

#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"

namespace sluice::catalog {

namespace {

// Below what is read back of what a run has left at a destination server.
constexpr size_t kMostPackedBytes = size_t{12} * 1024 * 1024;

} // namespace

void
WriteRejects(const std::string &pipeline_id, const std::string &run_id, const std::vector<RejectedRow> &rows,
			 bool is_lost)
{
	if (rows.empty()) {
		return;
	}
	std::vector<std::string> at;
	std::vector<std::string> positions;
	std::vector<pg::SqlValue> columns;
	std::vector<pg::SqlValue> states;
	std::vector<pg::SqlValue> messages;
	std::vector<pg::SqlValue> details;
	std::vector<pg::SqlValue> hints;
	std::vector<pg::SqlValue> originals;
	std::vector<pg::SqlValue> escaped;
	std::vector<std::string> cut;
	for (const RejectedRow &row : rows) {
		at.push_back(std::to_string(row.at));
		positions.push_back(std::to_string(row.position));
		columns.push_back(IfAny(row.column));
		states.emplace_back(SqlStateText(row.sqlstate));
		messages.emplace_back(row.message);
		details.push_back(IfAny(row.detail));
		hints.push_back(IfAny(row.hint));
		originals.emplace_back(row.row);
		std::vector<pg::SqlValue> const names(row.escaped.begin(), row.escaped.end());
		escaped.push_back(names.empty() ? std::nullopt : pg::SqlValue(TextArray(names)));
		cut.emplace_back(row.is_cut ? "t" : "f");
	}
	Execute("INSERT INTO sluice.pipeline_rejected_rows (id, pipeline_id, run_id, at, position, column_name, sqlstate, "
			"reason, detail, hint, original, escaped, is_cut, is_lost) SELECT gen_random_uuid(), $1::uuid, "
			"$2::uuid, " SLUICE_SQL_AT(
				"r.at") ", r.position, r.column_name, r.sqlstate, r.reason, r.detail, r.hint, "
						"r.original::jsonb, r.escaped::text[], r.is_cut, $13::boolean FROM unnest($3::bigint[], "
						"$4::bigint[], "
						"$5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], "
						"$12::boolean[]) "
						"r (at, position, column_name, sqlstate, reason, detail, hint, original, escaped, is_cut)",
			{pipeline_id, run_id, PlainArray(at), PlainArray(positions), TextArray(columns), TextArray(states),
			 TextArray(messages), TextArray(details), TextArray(hints), TextArray(originals), TextArray(escaped),
			 PlainArray(cut), is_lost ? "true" : "false"});
}

int64_t
DiscardRejects(const std::string &pipeline_id, const std::string &run_id)
{
	return static_cast<int64_t>(Execute("DELETE FROM sluice.pipeline_rejected_rows WHERE pipeline_id = $1::uuid AND "
										"($2::uuid IS NULL OR run_id = $2::uuid)",
										{pipeline_id, IfAny(run_id)})
									.Processed());
}

void
ForgetRejectsOf(const std::vector<std::string> &run_ids)
{
	Execute("DELETE FROM sluice.pipeline_rejected_rows WHERE run_id = ANY ($1::uuid[]) AND is_lost",
			{PlainArray(run_ids)});
}

void
DropRejects(const std::string &pipeline_id)
{
	Execute("DELETE FROM sluice.pipeline_rejected_rows WHERE pipeline_id = $1::uuid", {pipeline_id});
}

std::string
PackRejects(const std::string &run_id)
{
	pg::SqlResult const packed =
		Execute("SELECT encode(convert_to(jsonb_agg(to_jsonb(r))::text, getdatabaseencoding()), 'base64') FROM "
				"sluice.pipeline_rejected_rows r WHERE r.run_id = $1::uuid AND NOT r.is_lost",
				{run_id});
	if (!packed.Cell(0, 0)) {
		return {};
	}
	std::string text = packed.Text(0, 0);
	if (text.size() > kMostPackedBytes) {
		throw Error(sqlstate::kProgramLimitExceeded,
					Format("the rows that do not fit take {} bytes, and {} are the most for a destination at another "
						   "server",
						   text.size(), kMostPackedBytes),
					"Look into rejected_rows for what is wrong with them, and mend it; max_rejects says how many there "
					"may be.");
	}
	return text;
}

void
UnpackRejects(const std::string &pipeline_id, const std::string &packed)
{
	if (packed.empty()) {
		return;
	}
	// Should the run have ended as a failure, some of them are there as lost.
	Execute("WITH packed AS MATERIALIZED (SELECT * FROM jsonb_populate_recordset(NULL::sluice.pipeline_rejected_rows, "
			"convert_from(decode($2::text, 'base64'), getdatabaseencoding())::jsonb)), "
			"lost AS (DELETE FROM sluice.pipeline_rejected_rows q USING packed WHERE q.pipeline_id = $1::uuid AND "
			"q.run_id = packed.run_id AND q.is_lost) "
			"INSERT INTO sluice.pipeline_rejected_rows (id, pipeline_id, run_id, at, position, column_name, sqlstate, "
			"reason, detail, hint, original, escaped, is_cut, is_lost) SELECT r.id, $1::uuid, r.run_id, r.at, "
			"r.position, r.column_name, r.sqlstate, r.reason, r.detail, r.hint, r.original, r.escaped, r.is_cut, false "
			"FROM packed r ON CONFLICT (id) DO NOTHING",
			{pipeline_id, packed});
}

void
ForgetRejectsBefore(const std::string &pipeline_id, const std::string &run_id, bool replayed)
{
	Execute("DELETE FROM sluice.pipeline_rejected_rows q USING sluice.pipeline_runs r WHERE q.pipeline_id = $1::uuid "
			"AND r.id = $2::uuid AND q.run_id <> r.id AND q.at < r.start_time AND ($3::boolean IS NOT TRUE OR NOT "
			"(q.is_lost OR q.is_cut))",
			{pipeline_id, run_id, replayed ? "true" : "false"});
}

bool
IsReplay(const std::string &run_id)
{
	return !Execute("SELECT 1 FROM sluice.pipeline_runs r JOIN sluice.pipeline_runs f ON f.id = r.root_run WHERE r.id "
					"= $1::uuid AND f.cause = 'replay'",
					{run_id})
				.Empty();
}

bool
HasRejects(const std::string &pipeline_id)
{
	return !Execute("SELECT 1 FROM sluice.pipeline_rejected_rows WHERE pipeline_id = $1::uuid AND NOT is_lost AND NOT "
					"is_cut LIMIT 1",
					{pipeline_id})
				.Empty();
}

std::vector<KeptRow>
KeptRows(const std::string &pipeline_id, const std::string &run_id, const std::string &after,
		 const std::vector<std::string> &columns)
{
	constexpr int64_t kPage = 200;
	std::vector<pg::SqlValue> const names(columns.begin(), columns.end());
	pg::SqlResult const rows = Execute(
		"SELECT r.id, r.sqlstate, r.reason, r.original, c.name, c.name = ANY (COALESCE(r.escaped, "
		"'{{}}')), c.place, r.original ->> c.name FROM (SELECT * FROM "
		"sluice.pipeline_rejected_rows q WHERE q.pipeline_id = $1::uuid AND q.run_id <> $2::uuid AND NOT q.is_lost AND "
		"NOT q.is_cut AND ($3::uuid IS NULL OR (q.run_id, q.position, q.id) > (SELECT a.run_id, a.position, a.id FROM "
		"sluice.pipeline_rejected_rows a WHERE a.id = $3::uuid)) ORDER BY q.run_id, q.position, q.id LIMIT $5::bigint) "
		"r "
		"CROSS JOIN unnest($4::text[]) WITH ORDINALITY c (name, place) ORDER BY r.run_id, r.position, r.id, c.place",
		{pipeline_id, run_id, IfAny(after), TextArray(names), Number(kPage)});
	std::vector<KeptRow> kept;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (rows.Integer(row, 6) == 1) {
			kept.push_back({rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Text(row, 3), {}, {}});
		}
		if (rows.IsTrue(row, 5)) {
			kept.back().escaped.push_back(rows.Text(row, 4));
		}
		kept.back().values.push_back(rows.Cell(row, 7));
	}
	return kept;
}

int64_t
DropReplayed(const std::string &pipeline_id, const std::string &run_id)
{
	return static_cast<int64_t>(Execute("DELETE FROM sluice.pipeline_rejected_rows WHERE pipeline_id = $1::uuid AND "
										"run_id <> $2::uuid AND NOT is_lost AND NOT is_cut",
										{pipeline_id, run_id})
									.Processed());
}

} // namespace sluice::catalog
