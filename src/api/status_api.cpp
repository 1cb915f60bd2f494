// get_pipeline, run_log, run_progress, pipeline_options.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "catalog/overview.hpp"
#include "core/option_registry.hpp"
#include "worker/control.hpp"

SLUICE_PIPELINE_FUNCTION(sluice_get_pipeline)
{
	return sluice::api::Result(sluice::catalog::DescribePipeline(sluice::api::FindForUse(pipeline).id, GetUserId()),
							   JSONBOID);
}

SLUICE_FUNCTION(sluice_run_log)
{
	sluice::catalog::RunRow const run =
		sluice::api::FindRunForUse(sluice::api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
	return sluice::api::RowsResult(fcinfo, sluice::catalog::RunLog(run.id));
}

SLUICE_FUNCTION(sluice_run_progress)
{
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const sluice::worker::RunNow &now : sluice::worker::RunsNow(GetUserId())) {
		rows.push_back(
			{now.run, now.phase,
			 now.phase_since == 0 ? std::nullopt
								  : sluice::pg::SqlValue(sluice::pg::Call(timestamptz_to_str, now.phase_since)),
			 std::to_string(now.records_read), std::to_string(now.records), std::to_string(now.bytes),
			 now.records_expected == 0 ? std::nullopt : sluice::pg::SqlValue(std::to_string(now.records_expected))});
	}
	return sluice::api::RowsResult(fcinfo, rows);
}

SLUICE_FUNCTION(sluice_pipeline_option_list)
{
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const sluice::OptionSpec &spec : sluice::AllOptions()) {
		rows.push_back({std::string(spec.key), std::string(sluice::OptionTypeName(spec.type)),
						sluice::OptionRangeText(spec), std::string(spec.default_text), std::string(spec.meaning)});
	}
	return sluice::api::RowsResult(fcinfo, rows);
}
