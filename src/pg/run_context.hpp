// The context of the run that this backend is making, as run_context() shows it.
#pragma once

#include <string>

namespace sluice::pg {

// JSON text; '{}' outside a run.
const std::string &RunContext();
void SetRunContext(std::string json);
void ClearRunContext();

} // namespace sluice::pg
