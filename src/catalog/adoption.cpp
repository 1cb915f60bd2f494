#include "catalog/adoption.hpp"

#include "catalog/pipeline_home.hpp"
#include "catalog/statement.hpp"

namespace sluice::catalog {

bool
AnyParked()
{
	// The index is sorted: all homes are one when the first and the last entry (nulls come last) are.
	return Execute("SELECT bool_or(" SLUICE_SQL_PARKED ") FROM ("
				   "(SELECT home, home_database FROM sluice.pipeline_definitions ORDER BY home_database, home LIMIT 1) "
				   "UNION ALL (SELECT home, home_database FROM sluice.pipeline_definitions "
				   "ORDER BY home_database DESC, home DESC LIMIT 1)) d")
		.IsTrue(0, 0);
}

std::vector<Pipeline>
AdoptAll()
{
	// Of two who adopt at the same time the second one waits here, and finds nothing left to do.
	Execute(
		"INSERT INTO sluice.pipeline_identity (identity, database_oid) VALUES (gen_random_uuid(), " SLUICE_SQL_DATABASE
		") ON CONFLICT (only_row) DO UPDATE SET database_oid = EXCLUDED.database_oid");
	// OIDs are other ones after a restore. What bears the name and belongs to the owner is the copy of what was
	// created.
	Execute("UPDATE sluice.pipeline_state s SET created_relation = (SELECT c.oid FROM pg_class c WHERE c.oid = "
			"to_regclass(d.destination_table) AND c.relowner = d.owner_oid) FROM sluice.pipeline_definitions d "
			"WHERE d.id = s.pipeline_id AND s.created_relation IS NOT NULL AND " SLUICE_SQL_PARKED);
	pg::SqlResult const rows =
		Execute("UPDATE sluice.pipeline_definitions d SET home = " SLUICE_SQL_IDENTITY
				", home_database = " SLUICE_SQL_DATABASE " WHERE " SLUICE_SQL_PARKED " RETURNING d.id");
	std::vector<Pipeline> adopted;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (std::optional<Pipeline> pipeline = FindPipeline(rows.Text(row, 0))) {
			adopted.push_back(*std::move(pipeline));
		}
	}
	return adopted;
}

} // namespace sluice::catalog
