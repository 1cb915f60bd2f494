// CheckDefinition: what create and alter check without connecting, analyzing or planning (design rule 2).

#include "core/sqlstate.hpp"
#include "engine/run.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/definition_syntax.hpp"

namespace sluice::engine {

void
CheckDefinition(const catalog::Pipeline &pipeline)
{
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}
	if (pipeline.source) {
		CheckForeignSource(pipeline, CheckServer(*pipeline.source, pipeline.owner_oid));
	} else {
		if (pipeline.source_query) {
			(void)QueryAsFromItem(*pipeline.source_query);
		}
		if (pipeline.source_table) {
			(void)LocalRelation(*pipeline.source_table);
		}
	}
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, pipeline.owner_oid);
	} else if (pipeline.destination_table) {
		(void)FindDestination(pipeline);
	}
}

} // namespace sluice::engine
