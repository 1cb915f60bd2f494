// CheckDefinition: what create and alter check without connecting, analyzing or planning (design rule 2).

#include "core/sqlstate.hpp"
#include "engine/run.hpp"
#include "engine/source/drivers.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/transform/definition_syntax.hpp"

namespace sluice::engine {

namespace {

void
CheckMode(const catalog::Pipeline &pipeline)
{
	if (!pipeline.IsContinuous()) {
		return;
	}
	if (!IsContinuous(pipeline, pipeline.owner_oid)) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" is not supported yet",
					"Use mode => 'batch', with a schedule as often as every second.");
	}
	if (LoadModeOf(pipeline) != LoadMode::Append) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" appends rows only", "Use load => 'append'.");
	}
	if (pipeline.destination) {
		throw Error(sqlstate::kFeatureNotSupported, "mode \"realtime\" loads into tables of this database only",
					"Leave destination out, or use mode => 'batch'.");
	}
}

} // namespace

void
CheckDefinition(const catalog::Pipeline &pipeline)
{
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}
	CheckSource(pipeline, pipeline.owner_oid);
	CheckMode(pipeline);
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, pipeline.owner_oid);
	} else if (pipeline.destination_table) {
		(void)FindDestination(pipeline);
	}
}

} // namespace sluice::engine
