// get_pipeline, run_log, pipeline_options.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "catalog/overview.hpp"
#include "core/option_registry.hpp"

SLUICE_PIPELINE_FUNCTION(sluice_get_pipeline)
{
	return sluice::api::Result(sluice::catalog::DescribePipeline(sluice::api::FindForUse(pipeline).id), JSONBOID);
}

SLUICE_FUNCTION(sluice_run_log)
{
	sluice::catalog::RunRow const run =
		sluice::api::FindRunForUse(sluice::api::RequiredArgument(fcinfo, 0, "run", UUIDOID));
	return sluice::api::RowsResult(fcinfo, sluice::catalog::RunLog(run.id));
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
