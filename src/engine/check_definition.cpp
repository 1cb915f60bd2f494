// CheckDefinition: what create and alter check without connecting, analyzing or planning (design rule 2).

#include "engine/run.hpp"
#include "engine/source/drivers.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/destination_server.hpp"
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
	CheckSource(pipeline, pipeline.owner_oid);
	if (pipeline.destination) {
		CheckDestinationServer(*pipeline.destination, pipeline.owner_oid);
	} else if (pipeline.destination_table) {
		(void)FindDestination(pipeline);
	}
}

} // namespace sluice::engine
