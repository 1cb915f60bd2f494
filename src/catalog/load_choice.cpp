#include "catalog/load_choice.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

void
SetLoadChosen(const std::string &pipeline_id, bool chosen)
{
	std::string const text = chosen ? "true" : "false";
	Execute("UPDATE sluice.pipeline_definitions SET load_chosen = $2::boolean WHERE id = $1::uuid",
			{pipeline_id, text});
	Execute("UPDATE sluice.pipeline_versions v SET definition = v.definition || jsonb_build_object('load_chosen', "
			"$2::boolean) FROM sluice.pipeline_definitions d WHERE d.id = $1::uuid AND v.pipeline_id = d.id AND "
			"v.version = d.version",
			{pipeline_id, text});
}

bool
MayReplace(const std::string &pipeline_id, Oid relation)
{
	return Execute("SELECT d.load_chosen OR s.created_relation = $2::oid FROM sluice.pipeline_definitions d LEFT JOIN "
				   "sluice.pipeline_state s ON s.pipeline_id = d.id WHERE d.id = $1::uuid",
				   {pipeline_id, Number(relation)})
		.IsTrue(0, 0);
}

} // namespace sluice::catalog
