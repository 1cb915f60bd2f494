// What trigger_pipeline and trigger_and_wait share.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"

namespace sluice::api {

enum class IfRunning { Error, Skip, Queue };
IfRunning ReadIfRunning(const std::string &text);
enum class IfPaused { Error, Skip };
IfPaused ReadIfPaused(const std::string &text);

// Refuses any start while pg_sluice.enabled is off, and of what is parked.
void RequireSwitchedOn(const catalog::Pipeline &pipeline);
// And a start by hand of what is inactive or paused.
void RequireStartable(const catalog::Pipeline &pipeline);
// The run that a new one would have to wait for, as a sentence; nothing when the way is free.
std::optional<std::string> RunInTheWay(const catalog::Pipeline &pipeline);

// Queues a run that is not one of the schedule's: it waits for the one in its way, and nothing depends on it. Returns
// its id.
std::string QueueApart(const catalog::Pipeline &pipeline, catalog::NewRun run);

struct TriggerRequest {
	std::string context;
	IfRunning if_running = IfRunning::Error;
	IfPaused if_paused = IfPaused::Error;
	// Whether the pipelines that depend on this one follow; nothing: unless it depends on others itself.
	std::optional<bool> dependents;
};
// Queues a run, or records that it was skipped; returns its id. Locks nothing. what: "trigger_pipeline" and the like.
std::string Trigger(const std::string &identifier, const TriggerRequest &request, const char *what);

} // namespace sluice::api
