#include "catalog/reject_store.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

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

} // namespace sluice::catalog
