#include "engine/transform/reshape.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/column_match.hpp"
#include "engine/transform/definition_syntax.hpp"

namespace sluice::engine {

void
CheckReshape(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	if (!options.IsGiven("transform")) {
		return;
	}
	(void)pg::Call(leaf::CheckTransform, options.Text("transform").c_str());
	if (pipeline.IsContinuous()) {
		throw Error(sqlstate::kFeatureNotSupported, "transform is not supported in mode \"realtime\"",
					"It computes over all rows of a run: use mode => 'batch'.");
	}
	if (options.Text("on_reject") == "quarantine") {
		throw Error(sqlstate::kFeatureNotSupported,
					"rows that do not fit cannot be put aside where a transform computes over all of them",
					"Leave on_reject out, or transform.");
	}
}

std::optional<MappingInput>
ReshapedMapping(const OptionValues &options, const MappedQuery &extract, const LoadStamp &stamp)
{
	if (!options.IsGiven("transform")) {
		return std::nullopt;
	}
	// Refuses what no column can be.
	(void)ColumnDefinitions(extract);
	MappingInput mapping;
	mapping.transform = pg::Call(leaf::CheckTransform, options.Text("transform").c_str());
	mapping.source_row = pg::Call(leaf::CreatedRowType, extract.Analyzed());
	mapping.exact = extract.IsExact();
	mapping.own = extract.Own();
	AddLoadColumns(options, stamp, &mapping);
	return mapping;
}

} // namespace sluice::engine
