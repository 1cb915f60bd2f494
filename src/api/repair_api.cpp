// repair_pipeline.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "catalog/run_store.hpp"
#include "catalog/statement.hpp"
#include "engine/repair.hpp"
#include "worker/control.hpp"

SLUICE_PIPELINE_FUNCTION(sluice_repair_pipeline)
{
	bool const deletes_extra = sluice::api::FlagArgument(fcinfo, 1, false);
	sluice::catalog::Pipeline const found = sluice::api::FindForUse(pipeline);
	sluice::api::RequirePreload("repair_pipeline");
	sluice::api::RequireStartable(found);
	sluice::engine::CheckRepairable(found);
	sluice::catalog::NewRun run;
	run.cause = "repair";
	run.repair = deletes_extra ? sluice::catalog::kRepairDeletes : sluice::catalog::kRepairKeeps;
	run.dependents = false;
	run.triggered_by = sluice::catalog::CurrentUserName();
	run.reason = sluice::api::RunInTheWay(found);
	std::string const id = sluice::catalog::InsertRun(found, run);
	sluice::worker::PokeAtCommit();
	return sluice::api::Result(id, UUIDOID);
}
