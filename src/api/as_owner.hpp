// Doing something as a pipeline's owner, with the search_path and the settings of a run (design rule 2). Only for a
// caller who may SET ROLE to that owner.
#pragma once

#include <functional>

#include "catalog/pipeline_store.hpp"

namespace sluice::api {

// In a security-restricted operation. An error leaves the switch to the abort of the transaction, which undoes it.
void AsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body);
// For what looks at a run: the same, but for a session that is the owner's own and has no other role to come back to.
// There it is done as CALL run_pipeline would do it, which may make temporary tables.
void LookAsOwner(const catalog::Pipeline &pipeline, const std::function<void()> &body);
// 42501 unless the caller may SET ROLE to the owner; what: "preview_pipeline" and the like.
void RequireOwnersRole(const catalog::Pipeline &pipeline, const char *what);
// Whether a look may not connect to the pipeline's servers: the other end of a server that its owner chose is not
// reached in the session of somebody who can do anything here.
bool MayNotConnect(const catalog::Pipeline &pipeline);
// 42501 where it may not.
void RequireConnecting(const catalog::Pipeline &pipeline);

} // namespace sluice::api
