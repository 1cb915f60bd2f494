#pragma once

namespace sluice::pg {

// From here on this process plans each kept statement once, for whatever parameters, instead of five times for those at
// hand: it runs each of them a few times only, and all find single rows by their ids.
void PlanOnce();

} // namespace sluice::pg
