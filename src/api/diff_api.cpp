// diff_pipeline.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/rights.hpp"
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/diff.hpp"

namespace {

namespace api = sluice::api;
using sluice::Error;
using sluice::Format;
using sluice::catalog::Pipeline;

constexpr int kMostSamples = 1000;

void
RequireComparable(const Pipeline &pipeline)
{
	bool const transforms = sluice::catalog::ReadOptions(pipeline.options).IsGiven("transform");
	if (pipeline.command || pipeline.IsContinuous() || transforms) {
		throw Error(sluice::sqlstate::kFeatureNotSupported,
					Format("diff_pipeline does not compare pipeline \"{}\", because {}", pipeline.name,
						   pipeline.command ? "it runs a command"
						   : transforms		? "its transform computes over all rows"
											: "its mode is realtime"),
					"It compares what a source has with a table.");
	}
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_diff_pipeline)
{
	int const samples = api::CountArgument(fcinfo, 1, "samples", 0, kMostSamples);
	Pipeline const found = api::FindForUse(pipeline);
	api::RequireOwnersRole(found, "diff_pipeline");
	api::RequireConnecting(found);
	RequireComparable(found);
	std::vector<sluice::engine::Difference> differences;
	api::LookAsOwner(found, [&] { differences = sluice::engine::DiffRun(found, samples); });
	std::vector<std::vector<sluice::pg::SqlValue>> rows;
	for (const sluice::engine::Difference &difference : differences) {
		rows.push_back({difference.kind, std::to_string(difference.count), difference.samples});
	}
	return api::RowsResult(fcinfo, rows);
}
