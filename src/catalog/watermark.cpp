#include "catalog/watermark.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

WatermarkState
FindWatermark(const std::string &pipeline_id)
{
	pg::SqlResult const rows =
		Execute("SELECT s.watermark, s.watermark_rows FROM sluice.pipeline_state s WHERE s.pipeline_id = $1::uuid",
				{pipeline_id});
	return rows.Empty() ? WatermarkState{} : WatermarkState{rows.Cell(0, 0), rows.Cell(0, 1)};
}

void
SetWatermark(const std::string &pipeline_id, const std::optional<std::string> &value)
{
	// No row is known to be loaded from there on.
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id, watermark, watermark_rows) VALUES ($1::uuid, $2::text, "
			"CASE WHEN "
			"$2::text IS NOT NULL THEN jsonb_build_object('from', $2::text, 'columns', '[]'::jsonb, 'rows', "
			"'{{}}'::jsonb) END) "
			"ON CONFLICT (pipeline_id) DO UPDATE SET watermark = EXCLUDED.watermark, watermark_rows = "
			"EXCLUDED.watermark_rows",
			{pipeline_id, value});
}

} // namespace sluice::catalog
