// Who may do what with a pipeline (design rule 4): see, trigger and stop need the owner's rights; what
// sets code or owner needs the right to SET ROLE to the owner.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"

namespace sluice::api {

// The pipeline that the caller means and may see; else 42704, as if it were not there.
catalog::Pipeline FindForUse(const std::string &identifier);
// The same, for a change: also locked, and 42501 without the right to SET ROLE to its owner.
catalog::Pipeline FindForChange(const std::string &identifier);
// Only the 42501.
void RequireChange(const catalog::Pipeline &pipeline);
bool MaySetRoleTo(Oid role);
// Whether the caller sees the pipelines of that role.
bool HasRightsOf(Oid role);

// The run with this id if there is one and the caller may see it.
std::optional<catalog::RunRow> FindVisibleRun(const std::string &id);
// The run with this id if the caller may see it; else 42704, as if it were not there.
catalog::RunRow FindRunForUse(const std::string &id);

struct Owner {
	Oid oid = InvalidOid;
	std::string name;
};
// The role that a pipeline is given to: exists, the caller may SET ROLE to it, workers can connect as it.
Owner CheckOwner(const std::string &name);

// SL003 unless the library was preloaded; what: "trigger_pipeline" and the like.
void RequirePreload(const char *what);
// What to do about parked pipelines.
inline constexpr const char *kAdoptHint =
	"adopt_pipelines() lets all parked pipelines run here; first make sure that the original does not load the same "
	"data.";
// Tells who has just defined or changed something that it will not start here.
void WarnIfParked(const catalog::Pipeline &pipeline);

// The hint that says how to preload.
std::string PreloadHint();

} // namespace sluice::api
