#include "core/sequence_move.hpp"

#include <algorithm>
#include <limits>

namespace sluice {

namespace {

// The distance between any two values, and a step beyond the last one.
using Wide = __int128;

} // namespace

std::optional<int64_t>
SequenceTarget(const SequenceState &state, int64_t extreme)
{
	// Counted in its own direction, so that up and down are the same.
	Wide const sign = state.increment < 0 ? -1 : 1;
	Wide const step = sign * state.increment;
	Wide const distance = sign * (static_cast<Wide>(extreme) - state.last_value);
	if (state.is_called ? distance <= 0 : distance < 0) {
		return std::nullopt;
	}
	Wide const bound = state.increment < 0 ? state.minimum : state.maximum;
	Wide const most = std::max<Wide>(sign * (bound - state.last_value), 0) / step;
	Wide const steps = std::min((distance + step - 1) / step, most);
	if (steps == 0 && state.is_called) {
		return std::nullopt;
	}
	return static_cast<int64_t>(state.last_value + sign * steps * step);
}

int64_t
SequenceSteps(const SequenceState &state, int64_t target)
{
	Wide const steps = (static_cast<Wide>(target) - state.last_value) / state.increment + (state.is_called ? 0 : 1);
	return static_cast<int64_t>(std::min<Wide>(steps, std::numeric_limits<int64_t>::max()));
}

} // namespace sluice
