// What trigger_pipeline and trigger_and_wait share.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

enum class IfRunning { Error, Skip, Queue };
IfRunning ReadIfRunning(const std::string &text);

// Refuses a start by hand of what is inactive or paused, and any start while pg_sluice.enabled is off.
void RequireStartable(const catalog::Pipeline &pipeline);
// The run that a new one would have to wait for, as a sentence; nothing when the way is free.
std::optional<std::string> RunInTheWay(const catalog::Pipeline &pipeline);

// Queues a run, or records that it was skipped; returns its id. Locks nothing. dependents: whether the pipelines
// that depend on it follow; nothing: unless it depends on others itself.
std::string Trigger(const std::string &identifier, const std::string &context, IfRunning if_running,
					std::optional<bool> dependents, const char *what);

} // namespace sluice::api
