#include "core/run_phase.hpp"

#include <iterator>

namespace sluice {

namespace {

struct Phase {
	const char *name;
	bool reached_source;
	bool looked_back;
};

// In the order of the enumeration.
constexpr Phase kPhases[] = {
	{"", false, false},			 {"starting", false, false},
	{"preparing", false, false}, {"checking", false, false},
	{"connecting", false, true}, {"waiting for lock", false, true}, // before it reads or behind
	{"loading", true, true},	 {"waiting for rows", true, true},
	{"executing", true, true},	 {"indexing", true, true},
	{"swapping", true, true},	 {"analyzing", true, true},
	{"finishing", true, true},	 {"committing", true, true},
};
static_assert(std::size(kPhases) == static_cast<size_t>(RunPhase::Committing) + 1);

const Phase &
Of(RunPhase phase)
{
	return kPhases[static_cast<size_t>(phase)];
}

} // namespace

const char *
PhaseName(RunPhase phase)
{
	return Of(phase).name;
}

RunPhase
ParsePhase(std::string_view name)
{
	for (size_t i = 0; i < std::size(kPhases); ++i) {
		if (name == kPhases[i].name) {
			return static_cast<RunPhase>(i);
		}
	}
	return RunPhase::None;
}

bool
HasReachedSource(RunPhase phase)
{
	return Of(phase).reached_source;
}

bool
HasLookedBack(RunPhase phase)
{
	return Of(phase).looked_back;
}

} // namespace sluice
