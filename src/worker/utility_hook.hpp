// Commands that change under our processes what they work on. Leaf code.
#pragma once

namespace sluice::worker::leaf {

// From _PG_init: puts itself before the hooks that are there.
void InstallHooks();

} // namespace sluice::worker::leaf
