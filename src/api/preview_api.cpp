// preview_pipeline.

#include "api/arguments.hpp"
#include "api/as_owner.hpp"
#include "api/rights.hpp"
#include "core/sqlstate.hpp"
#include "engine/run.hpp"
#include "pg/run_context.hpp"

namespace leaf {

namespace {

sluice::engine::leaf::JsonRows
BeginRows(FunctionCallInfo fcinfo, int most)
{
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
	return {result->setResult, result->setDesc, 0, most, 0, false, 0};
}

} // namespace

} // namespace leaf

namespace {

namespace api = sluice::api;
using sluice::Error;
using sluice::Format;
using sluice::catalog::Pipeline;

constexpr int kMostRows = 10'000;

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_preview_pipeline)
{
	int const most = api::CountArgument(fcinfo, 1, "n", 1, kMostRows);
	sluice::pg::RunContextScope const context(api::ContextArgument(fcinfo, 2));
	Pipeline const found = api::FindForUse(pipeline);
	api::RequireOwnersRole(found, "preview_pipeline");
	api::RequireConnecting(found);
	if (found.command) {
		throw Error(sluice::sqlstate::kFeatureNotSupported,
					Format("preview_pipeline does not read pipeline \"{}\", because it runs a command", found.name),
					"explain_pipeline shows its statements, and how they share transactions.");
	}
	if (found.IsContinuous()) {
		throw Error(sluice::sqlstate::kFeatureNotSupported,
					Format("preview_pipeline does not read pipeline \"{}\", because its mode is realtime", found.name),
					"What it loads is in its destination.");
	}
	sluice::engine::leaf::JsonRows rows = sluice::pg::Call(leaf::BeginRows, fcinfo, most);
	api::LookAsOwner(found, [&found, &rows] { sluice::engine::PreviewRun(found, &rows); });
	if (rows.rejected > 0 && rows.fails) {
		api::Notice(Format("a run of pipeline \"{}\" would fail at the first row that is rejected", found.name),
					"Correct such rows in the source, or by expressions in columns.");
	}
	if (rows.cut_after > 0) {
		api::Notice(Format("transform of pipeline \"{}\" saw the first {} rows of its source alone", found.name,
						   rows.cut_after),
					"A run computes over all of them.");
	}
	return Datum{0};
}
