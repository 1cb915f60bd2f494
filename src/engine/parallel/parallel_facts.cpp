#include "engine/parallel/parallel_facts.hpp"

#include <unistd.h>

#include "engine/parallel/staging_table.hpp"
#include "engine/parallel/steady_expressions.hpp"

namespace sluice::engine {

namespace {

std::string
Obstacle(const ParallelQuestion &question)
{
	if (question.input == nullptr || question.input->Divisible() == nullptr) {
		return "the source is not read from another PostgreSQL, so several connections could not share one snapshot";
	}
	if (question.query->IsReshaped()) {
		return "transform computes over all rows";
	}
	if (std::string needs_sql = question.query->NeedsSql(); !needs_sql.empty()) {
		return needs_sql;
	}
	if (const char *unsteady = pg::Call(leaf::FindUnsteady, question.query->Analyzed(), question.target_list)) {
		return Format("columns, filter or a default use {}, which several transactions would not agree on", unsteady);
	}
	if (!question.can_start) {
		return "CALL run_pipeline loads in the session's own transaction";
	}
	if (!OidIsValid(pg::Call(leaf::FindStagingSchema))) {
		return Format("the extension's schema {} is missing", leaf::kStagingSchema);
	}
	return {};
}

} // namespace

std::unique_ptr<SourceCut>
AddParallelFacts(const ParallelQuestion &question, LoadFacts *facts)
{
	facts->parallel.option = question.options.Text("streams");
	if (facts->parallel.option == "1") {
		return nullptr;
	}
	if (facts->created && question.destination.relation != nullptr) {
		const char *why = pg::Call(leaf::WhyNotShaped, question.destination.relation);
		facts->not_shaped = why != nullptr ? why : "";
	}
	if (!WhyNotParallel(*facts).empty()) {
		return nullptr;
	}
	facts->parallel.obstacle = Obstacle(question);
	if (!facts->parallel.obstacle.empty()) {
		return nullptr;
	}
	facts->parallel.cores = static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
	facts->parallel.free_workers = question.free_workers;
	std::unique_ptr<SourceCut> cut = question.input->Divisible()->Cut(question.options.Text("stream_key"));
	facts->parallel.obstacle = cut->Obstacle();
	facts->parallel.most = cut->Most();
	facts->parallel.bytes = cut->Bytes();
	return cut;
}

ParallelWork
ShareOut(const SourceCut *cut, const LoadPlan &plan)
{
	ParallelWork work;
	if (plan.streams > 1) {
		work.rows_expected = cut->Rows();
		work.pieces = cut->Pieces(plan.streams);
		work.text = Format("{} {}", work.pieces.size(), cut->How());
	}
	return work;
}

} // namespace sluice::engine
