// How far a sequence must move so that it gives no value that was loaded into its column. Pure C++.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice {

struct SequenceState {
	int64_t increment; // never 0
	int64_t minimum;
	int64_t maximum;
	int64_t last_value;
	bool is_called; // false: last_value is still to be given
};

// Where it has to stand, as the last value given, so that the next one lies past `extreme`: the greatest value loaded,
// the least one where it counts down. It keeps its step: who counts odd numbers goes on with odd ones. Never beyond its
// bounds. Nothing when it is past that already.
std::optional<int64_t> SequenceTarget(const SequenceState &state, int64_t extreme);

// How many values it gives on the way there.
int64_t SequenceSteps(const SequenceState &state, int64_t target);

} // namespace sluice
