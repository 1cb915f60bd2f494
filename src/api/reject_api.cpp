// discard_rejects, replay_rejects.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "catalog/reject_store.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "worker/control.hpp"

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
	run.dependents = false;
	run.triggered_by = sluice::catalog::CurrentUserName();
	run.reason = sluice::api::RunInTheWay(found);
	std::string const id = sluice::catalog::InsertRun(found, run);
	sluice::worker::PokeAtCommit();
	return sluice::api::Result(id, UUIDOID);
}
