#include "engine/plan_lines.hpp"

#include "engine/load/load_facts.hpp"
#include "engine/parallel/parallel_facts.hpp"

namespace sluice::engine {

std::vector<std::string>
PlanLines(const PlanQuestion &question, LoadFacts *facts, std::vector<std::string> *warnings)
{
	if (question.query != nullptr) {
		AddQueryFacts(*question.input, *question.query, facts);
	}
	// A run asks again, and then there may be fewer worker slots.
	std::unique_ptr<SourceCut> const cut =
		AddParallelFacts({question.options, question.input, question.query, question.target_list, question.destination,
						  true, kMaxParallel},
						 facts);
	LoadPlan const plan = PlanLoad(*facts);
	*warnings = plan.warnings;
	return plan.Lines(ShareOut(cut.get(), plan).text);
}

} // namespace sluice::engine
