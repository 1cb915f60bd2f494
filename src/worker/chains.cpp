#include "worker/chains.hpp"

#include "catalog/chain_store.hpp"
#include "pg/guard.hpp"
#include "worker/live_runs.hpp"

namespace sluice::worker {

namespace {

using catalog::ChainNode;

// Why a pipeline cannot be started; nothing when it can.
std::optional<std::string>
WhyNot(const std::optional<catalog::Pipeline> &pipeline)
{
	if (!pipeline) {
		return "the pipeline was dropped";
	}
	if (pipeline->parked) {
		return "parked: this database is a copy of the one in which it was defined";
	}
	if (pipeline->paused) {
		return pipeline->paused_reason ? "paused: " + *pipeline->paused_reason : "paused";
	}
	if (pipeline->status != "active") {
		return "the pipeline is " + pipeline->status;
	}
	return std::nullopt;
}

// A pipeline in words that a role may read: without the rights of its owner that role does not know its name.
std::string
LabelFor(Oid reader, Oid owner, const std::string &id, const std::string &name)
{
	return pg::Call(has_privs_of_role, reader, owner) ? Format("\"{}\"", name) : Format("{} of another role", id);
}

class Batch {
public:
	Batch(std::string id, std::optional<std::string> triggered_by)
		: id_(std::move(id)), triggered_by_(std::move(triggered_by))
	{}

	// Queues a run of the node's fallback; why not, if not.
	std::optional<std::string> StartFallback(const ChainNode &node, const catalog::RunRow &failed);
	// Decides about a node one of whose parents is over.
	void Look(const catalog::WaitingNode &child);

private:
	std::string Insert(const catalog::Pipeline &pipeline, const char *cause, const std::string &reason,
					   bool skipped = false);
	void Start(const ChainNode &node);
	void Skip(const ChainNode &node, const std::optional<catalog::Pipeline> &pipeline, const std::string &reason);

	std::string const id_;
	std::optional<std::string> const triggered_by_;
};

std::string
Batch::Insert(const catalog::Pipeline &pipeline, const char *cause, const std::string &reason, bool skipped)
{
	catalog::NewRun run;
	run.cause = cause;
	run.status = skipped ? "skipped" : "pending";
	if (!reason.empty()) {
		run.reason = reason;
	}
	run.triggered_by = triggered_by_;
	run.batch = id_;
	return catalog::InsertRun(pipeline, run);
}

void
Batch::Skip(const ChainNode &node, const std::optional<catalog::Pipeline> &pipeline, const std::string &reason)
{
	if (pipeline) {
		catalog::MarkQueued(node, Insert(*pipeline, "dependency", reason, true));
	}
	catalog::MarkDone(node, outcome::kSkipped, reason);
}

void
Batch::Start(const ChainNode &node)
{
	std::optional<catalog::Pipeline> const pipeline = catalog::FindPipeline(node.pipeline_id);
	if (std::optional<std::string> const reason = WhyNot(pipeline)) {
		Skip(node, pipeline, *reason);
		return;
	}
	catalog::MarkQueued(node, Insert(*pipeline, "dependency", std::string()));
}

void
Batch::Look(const catalog::WaitingNode &child)
{
	switch (Judge(child.rule, child.parents)) {
	case Verdict::Wait:
		return;
	case Verdict::Run:
		Start(child.node);
		return;
	case Verdict::Skip:
		Skip(child.node, catalog::FindPipeline(child.node.pipeline_id), child.complaint);
		return;
	}
}

std::optional<std::string>
Batch::StartFallback(const ChainNode &node, const catalog::RunRow &failed)
{
	std::optional<catalog::Pipeline> const fallback = catalog::FindPipeline(*node.fallback);
	// Checked when it was named, and again now: it runs as its own owner, at the wish of this one.
	if (fallback && !pg::Call(has_privs_of_role, failed.owner_oid, fallback->owner_oid)) {
		return RoleText(failed.owner_oid) + " has no rights to its fallback any more";
	}
	if (std::optional<std::string> const reason = WhyNot(fallback)) {
		return Format("its fallback{} did not start: {}", fallback ? " \"" + fallback->name + "\"" : std::string(),
					  *reason);
	}
	catalog::MarkFallback(
		node, Insert(*fallback, "fallback",
					 Format("run {} of pipeline {} failed", failed.id,
							LabelFor(fallback->owner_oid, failed.owner_oid, node.pipeline_id, node.pipeline_name))));
	return std::nullopt;
}

std::optional<ChainNode>
NodeOf(const catalog::RunRow &run)
{
	return catalog::FindNode(run.batch, run.pipeline_id, run.root_run);
}

bool
IsFallback(const ChainNode &node, const catalog::RunRow &run)
{
	return node.run != run.root_run;
}

std::optional<std::string>
ReasonOf(const catalog::RunRow &run)
{
	return run.status == "failed" && run.error_message ? run.error_message : run.reason;
}

} // namespace

void
ReopenChain(const catalog::RunRow &run)
{
	std::optional<ChainNode> const node = NodeOf(run);
	if (node && node->state == "done") {
		catalog::Reopen(*node, IsFallback(*node, run));
	}
}

void
GoOnAfter(const catalog::RunRow &run)
{
	std::optional<ChainNode> node = NodeOf(run);
	if (!node) {
		return;
	}
	if (node->state == "done") {
		// A retry by hand that was quicker than the word of it.
		ReopenChain(run);
		node = NodeOf(run);
	}
	if (IsFallback(*node, run)) {
		if (run.status == "success") {
			catalog::MarkDone(*node, outcome::kByFallback, std::nullopt);
		} else {
			catalog::MarkDone(*node, outcome::kFailed,
							  Format("its fallback {} {}",
									 LabelFor(node->owner, run.owner_oid, run.pipeline_id, run.pipeline_name),
									 run.status == "failed" ? "failed, too" : "was " + run.status));
		}
		return;
	}
	std::optional<std::string> reason = ReasonOf(run);
	if (run.status == "failed" && node->fallback) {
		std::optional<std::string> const why_not = Batch(run.batch, run.triggered_by).StartFallback(*node, run);
		if (!why_not) {
			return;
		}
		reason = reason ? *reason + "; " + *why_not : *why_not;
	}
	catalog::MarkDone(*node, run.status, reason);
}

void
GoOnWithout(const catalog::EndedRun &ended)
{
	std::optional<ChainNode> const node = catalog::FindNode(ended.batch, ended.pipeline_id, ended.id);
	if (!node || node->state != "queued") {
		return;
	}
	bool const fallback = node->pipeline_id != ended.pipeline_id;
	catalog::MarkDone(*node, fallback ? outcome::kFailed : outcome::kSkipped,
					  fallback ? "its fallback was dropped" : "the pipeline was dropped");
}

bool
FollowChain(const std::string &id, int most)
{
	std::optional<Batch> batch;
	for (int left = most; left > 0;) {
		std::optional<ChainNode> const over = catalog::NextToFollow(id);
		if (!over) {
			return true;
		}
		if (!batch) {
			std::optional<catalog::RunRow> const root = catalog::FindRun(id);
			batch.emplace(id, root ? root->triggered_by : std::nullopt);
		}
		std::vector<catalog::WaitingNode> const children = catalog::WaitingFor(*over, left);
		for (const catalog::WaitingNode &child : children) {
			batch->Look(child);
		}
		bool const some = children.size() == static_cast<size_t>(left);
		catalog::MarkFollowed(*over,
							  some ? std::optional<std::string>(children.back().node.pipeline_id) : std::nullopt);
		left -= std::max(1, static_cast<int>(children.size()));
	}
	return false;
}

} // namespace sluice::worker
