#include "catalog/backfill.hpp"

#include "catalog/pipeline_options.hpp"
#include "catalog/statement.hpp"
#include "pg/settings.hpp"

namespace sluice::catalog {

std::string
InsertSlices(const Pipeline &pipeline, const std::vector<CursorSlice> &slices, const std::string &triggered_by)
{
	std::vector<std::string> ids;
	std::vector<pg::SqlValue> from;
	std::vector<pg::SqlValue> to;
	for (const CursorSlice &slice : slices) {
		ids.push_back(NewId());
		from.emplace_back(slice.from);
		to.emplace_back(slice.to);
	}
	// Queued a microsecond after each other: that is their order.
	Execute("INSERT INTO sluice.pipeline_runs (id, pipeline_id, pipeline_name, pipeline_version, owner, owner_oid, "
			"root_run, batch, status, cause, if_running, triggered_by, queued_at, source, priority, metadata) "
			"SELECT s.id, $4::uuid, $5, $6::int, $7::name, $8::oid, s.id, $9::uuid, 'pending', 'backfill', 'queue', "
			"$10::name, " SLUICE_SQL_AT("$11") " + s.place * interval '1 microsecond', $12::name, $13::int, "
											   "jsonb_build_object('backfill', jsonb_build_object('from', s.low, 'to', "
											   "s.high)) FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH "
											   "ORDINALITY s (id, low, high, place)",
			{PlainArray(ids), TextArray(from), TextArray(to), pipeline.id, pipeline.name, Number(pipeline.version),
			 pipeline.owner, Number(pipeline.owner_oid), ids.front(), triggered_by, Instant(pg::Now()), pipeline.source,
			 Number(ReadOptions(pipeline.options).Integer("priority") - 1)});
	return ids.front();
}

std::optional<CursorSlice>
SliceOf(const std::string &run_id)
{
	pg::SqlResult const rows =
		Execute("SELECT r.metadata #>> '{{backfill,from}}', r.metadata #>> '{{backfill,to}}' FROM sluice.pipeline_runs "
				"r WHERE r.id = $1::uuid AND r.metadata ? 'backfill'",
				{run_id});
	return rows.Empty() ? std::nullopt : std::optional(CursorSlice{rows.Text(0, 0), rows.Text(0, 1)});
}

} // namespace sluice::catalog
