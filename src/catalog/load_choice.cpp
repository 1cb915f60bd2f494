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

} // namespace sluice::catalog
