#include "engine/parallel/parallel_plan.hpp"

#include <unistd.h>

#include "engine/load/direct_load.hpp"
#include "engine/parallel/staging_table.hpp"
#include "engine/parallel/steady_expressions.hpp"

namespace sluice::engine {

namespace {

// What several streams fill nobody may see, and it must be put in place at one instant.
std::string
DestinationObstacle(const OptionValues &options, const Destination &destination)
{
	if (destination.remote != nullptr) {
		return "the destination is at another server";
	}
	switch (destination.path) {
	case LoadPath::ReplaceSwap:
		return {};
	case LoadPath::AppendCreated: {
		const char *why = pg::Call(leaf::WhyNotShaped, destination.relation);
		why = why != nullptr ? why : pg::Call(leaf::WhyDecoded, destination.relation);
		return why != nullptr ? why : "";
	}
	case LoadPath::Append:
		if (pg::Call(leaf::IsEmpty, destination.relation)) {
			return WhyNotFilled(options, destination);
		}
		return "the destination has rows already, and several can only fill a new file that is swapped in";
	default:
		return "several can only fill a new file that is swapped in, and that is not the way here";
	}
}

std::string
LocalObstacle(const ParallelQuestion &question)
{
	if (std::string obstacle = DestinationObstacle(question.options, question.destination); !obstacle.empty()) {
		return obstacle;
	}
	if (question.input.Divisible() == nullptr) {
		return "the source is not read from another PostgreSQL, so several connections could not share one snapshot";
	}
	if (std::string needs_sql = question.query.NeedsSql(); !needs_sql.empty()) {
		return needs_sql;
	}
	if (const char *unsteady = pg::Call(leaf::FindUnsteady, question.query.Analyzed(), question.match.target_list)) {
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

std::string
ParallelPlan::Text() const
{
	return streams == 1 ? "one stream, because " + reason
						: Format("{} streams over {} {}, because {}", streams, pieces.size(), how, reason);
}

ParallelPlan
PlanParallel(const ParallelQuestion &question)
{
	ParallelPlan plan;
	ParallelFacts facts;
	facts.option = question.options.Text("streams");
	if (facts.option == "1") {
		return plan;
	}
	facts.cores = static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
	facts.free_workers = question.free_workers;
	facts.obstacle = LocalObstacle(question);
	std::unique_ptr<SourceCut> cut;
	if (facts.obstacle.empty()) {
		cut = question.input.Divisible()->Cut(question.options.Text("stream_key"));
		facts.obstacle = cut->Obstacle();
		facts.most = cut->Most();
		facts.bytes = cut->Bytes();
	}
	ParallelChoice choice = ChooseParallel(facts);
	plan.streams = choice.streams;
	plan.reason = std::move(choice.reason);
	if (plan.streams > 1) {
		plan.rows_expected = cut->Rows();
		plan.pieces = cut->Pieces(plan.streams);
		plan.how = cut->How();
	}
	return plan;
}

void
FillInParallel(ParallelPlan *plan, const OptionValues &options, Destination *destination, RunJournal &journal)
{
	if (plan->streams == 1 || destination->path != LoadPath::Append) {
		return;
	}
	if (std::string const why = TakeToFill(options, destination); !why.empty()) {
		plan->streams = 1;
		plan->reason = "the empty destination cannot be filled by a swap: " + why;
		return;
	}
	destination->reason = "it is empty and nobody else writes to it, and several streams fill it";
	journal.Info(PathText(*destination));
	ChooseDirectLoad(options, destination);
}

} // namespace sluice::engine
