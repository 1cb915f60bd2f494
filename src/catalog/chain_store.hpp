// Typed access to pipeline_batch_nodes: the pipelines that follow each other, batch by batch. A node is written
// with the root run and by the scheduler, by nobody else, so no statement here waits for a lock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/pipeline.hpp"
#include "core/chain_rule.hpp"

namespace sluice::catalog {

// Records what follows a root run: the graph below its pipeline, or the pipeline alone when it has a fallback
// only. Nothing when nothing can follow.
void RecordChain(const Pipeline &pipeline, const std::string &root_run, bool dependents);
// Before the runs of a pipeline are deleted: batches that began with one of them and are over.
void ForgetChains(const std::string &pipeline_id);
// A root that came too late begins no batch.
void ForgetChain(const std::string &root_run);

struct ChainNode {
	std::string batch;
	std::string pipeline_id;
	std::string pipeline_name;
	std::string state; // 'waiting', 'queued', 'done'
	std::optional<std::string> fallback;
	std::optional<std::string> run; // its first attempt
	std::optional<std::string> fallback_run;
	Oid owner = InvalidOid; // who sees what became of it
};
// The node that a run, any attempt of it, belongs to: as the node's own run, or as that of its fallback. When the
// run's row is gone, root_run is the run itself, and its first attempt is not known.
std::optional<ChainNode> FindNode(const std::string &batch, const std::string &pipeline_id,
								  const std::string &root_run);

void MarkQueued(const ChainNode &node, const std::string &run);
void MarkFallback(const ChainNode &node, const std::string &run);
void MarkDone(const ChainNode &node, std::string_view outcome, const std::optional<std::string> &reason);
// A node that was over has another attempt. Those below that were skipped because of it wait again.
void Reopen(const ChainNode &node, bool with_fallback);

struct WaitingNode {
	ChainNode node;
	DependsRule rule = DependsRule::AllSuccess;
	ParentCounts parents;
	// "a" failed, "b" was skipped: those that are over and did not succeed. For the eyes of this node's owner.
	std::string complaint;
};
// A node that is over, and not all that waits for it has been looked at.
std::optional<ChainNode> NextToFollow(const std::string &batch);
// Those that wait for this node, among others, and have not been looked at since it is over; at most so many.
std::vector<WaitingNode> WaitingFor(const ChainNode &parent, int most);
// Those up to that pipeline have been looked at; nothing: all.
void MarkFollowed(const ChainNode &node, const std::optional<std::string> &to);

// Whether all its nodes are over, at a fraction of the price of looking at them. True where there are none.
bool AllDone(const std::string &batch);

} // namespace sluice::catalog
