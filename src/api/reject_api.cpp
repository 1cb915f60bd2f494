// discard_rejects.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "catalog/reject_store.hpp"

SLUICE_PIPELINE_FUNCTION(sluice_discard_rejects)
{
	std::string const run = sluice::api::Argument(fcinfo, 1, UUIDOID).value_or("");
	PG_RETURN_INT64(sluice::catalog::DiscardRejects(sluice::api::FindForChange(pipeline).id, run));
}
