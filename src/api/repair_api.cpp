// repair_pipeline.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "api/trigger.hpp"
#include "engine/repair.hpp"

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
	return sluice::api::Result(sluice::api::QueueApart(found, std::move(run)), UUIDOID);
}
