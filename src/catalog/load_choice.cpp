#include "catalog/load_choice.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

bool
MayReplace(const std::string &pipeline_id, Oid relation)
{
	return Execute("SELECT d.load_chosen OR s.created_relation = $2::oid FROM sluice.pipeline_definitions d LEFT JOIN "
				   "sluice.pipeline_state s ON s.pipeline_id = d.id WHERE d.id = $1::uuid",
				   {pipeline_id, Number(relation)})
		.IsTrue(0, 0);
}

bool
IsLoadedByOthers(const Pipeline &pipeline, Oid relation)
{
	// A role of a restored dump may be missing.
	return !Execute("SELECT FROM sluice.pipeline_definitions d JOIN pg_roles r ON r.oid = d.owner_oid WHERE "
					"d.destination_table = $1 AND d.destination IS NULL AND d.id <> $2::uuid AND "
					"has_table_privilege(r.oid, $3::oid, 'INSERT') LIMIT 1",
					{pipeline.destination_table, pipeline.id, Number(relation)})
				.Empty();
}

} // namespace sluice::catalog
