#include "catalog/watermark.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

WatermarkState
FindWatermark(const std::string &pipeline_id)
{
	pg::SqlResult const rows =
		Execute("SELECT s.watermark, s.watermark_rows, encode(sha256(convert_to(ROW(s.watermark, s.watermark_rows, "
				"d.source, d.source_table, d.source_query, d.destination, d.destination_table, "
				"d.cursor_column)::text, getdatabaseencoding())), 'hex') FROM sluice.pipeline_definitions d LEFT JOIN "
				"sluice.pipeline_state s ON s.pipeline_id = d.id WHERE d.id = $1::uuid",
				{pipeline_id});
	return rows.Empty() ? WatermarkState{} : WatermarkState{rows.Cell(0, 0), rows.Cell(0, 1), rows.Text(0, 2)};
}

void
TakeOverWatermark(const std::string &pipeline_id, const WatermarkState &state)
{
	Execute("INSERT INTO sluice.pipeline_state (pipeline_id, watermark, watermark_rows) VALUES ($1::uuid, $2, "
			"$3::jsonb) ON CONFLICT (pipeline_id) DO UPDATE SET watermark = EXCLUDED.watermark, watermark_rows = "
			"EXCLUDED.watermark_rows",
			{pipeline_id, state.value, state.rows});
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
