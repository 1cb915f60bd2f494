// discard_rejects, replay_rejects.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "catalog/reject_store.hpp"
#include "core/sqlstate.hpp"

SLUICE_PIPELINE_FUNCTION(sluice_discard_rejects)
{
	std::string const run = sluice::api::Argument(fcinfo, 1, UUIDOID).value_or("");
	PG_RETURN_INT64(sluice::catalog::DiscardRejects(sluice::api::FindForChange(pipeline).id, run));
}

SLUICE_PIPELINE_FUNCTION(sluice_replay_rejects)
{
	sluice::catalog::Pipeline const found = sluice::api::FindForUse(pipeline);
	sluice::api::RequirePreload("replay_rejects");
	sluice::api::RequireStartable(found);
	if (!sluice::catalog::HasRejects(found.id)) {
		PG_RETURN_NULL();
	}
	// A newer version of the row may have been merged since.
	if (found.load == "merge") {
		throw sluice::Error(
			sluice::sqlstate::kFeatureNotSupported,
			sluice::Format("rejected rows of pipeline \"{}\" cannot be replayed, because its load is merge",
						   found.name),
			"repair_pipeline loads what the source has now in their place, and forgets them.");
	}
	sluice::catalog::NewRun run;
	run.cause = "replay";
	return sluice::api::Result(sluice::api::QueueApart(found, std::move(run)), UUIDOID);
}
