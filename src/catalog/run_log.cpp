#include "catalog/run_log.hpp"

#include "catalog/statement.hpp"
#include "core/format.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

void
WriteLog(const std::string &run_id, const LoggedRun &run, const RunJournal &journal)
{
	std::vector<std::string> at;
	std::vector<pg::SqlValue> levels;
	std::vector<pg::SqlValue> phases;
	std::vector<pg::SqlValue> messages;
	std::vector<pg::SqlValue> data;
	for (const JournalLine &line : journal.Lines()) {
		at.push_back(std::to_string(line.at));
		levels.emplace_back(line.level);
		phases.push_back(IfAny(PhaseName(line.phase)));
		messages.emplace_back(line.message);
		data.push_back(IfAny(line.data));
	}
	if (journal.Dropped() > 0) {
		at.push_back(std::to_string(pg::Now()));
		levels.emplace_back("warning");
		phases.push_back(IfAny(PhaseName(journal.Phase())));
		messages.emplace_back(Format("{} more lines did not fit into the log", journal.Dropped()));
		data.emplace_back(std::nullopt);
	}
	if (at.empty()) {
		return;
	}
	Execute(
		"INSERT INTO sluice.pipeline_run_log (run_id, line, pipeline_id, owner_oid, at, level, phase, message, data) "
		"SELECT $1::uuid, l.line + COALESCE((SELECT max(m.line) FROM sluice.pipeline_run_log m WHERE m.run_id = "
		"$1::uuid), 0), $2::uuid, $3::oid, " SLUICE_SQL_AT(
			"l.at") ", l.level, l.phase, l.message, "
					"l.data::jsonb FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) "
					"WITH ORDINALITY l (at, level, phase, message, data, line)",
		{run_id, run.pipeline_id, run.owner_oid, PlainArray(at), TextArray(levels), TextArray(phases),
		 TextArray(messages), TextArray(data)});
}

void
PruneLog(const std::string &run_id)
{
	constexpr int64_t kFirst = 100;
	constexpr int64_t kLast = 400;
	Execute("DELETE FROM sluice.pipeline_run_log WHERE run_id = $1::uuid AND line > $2::int AND line <= "
			"(SELECT max(m.line) FROM sluice.pipeline_run_log m WHERE m.run_id = $1::uuid) - $3::int",
			{run_id, Number(kFirst), Number(kLast)});
}

} // namespace sluice::catalog
