// Wall clock to instant: a local time may exist once, twice (clocks go back) or not at all (clocks go
// forward).
#pragma once

#include <cstdint>
#include <string>

#include "core/zone.hpp"

namespace sluice {

enum class LocalKind {
	Unique,
	Ambiguous,
	Gap,
};

struct LocalResolution {
	LocalKind kind;
	int64_t first;	// the instant; the earlier of two; in a gap the first instant after it
	int64_t second; // the later of two; else the same as first
};

// The wall clock at an instant, as seconds since 1970-01-01 00:00 local.
int64_t LocalFromUtc(int64_t utc, const Zone &zone);
// "2026-03-29 03:00:00", as clocks of the zone show it.
std::string FormatLocal(int64_t utc, const Zone &zone);
LocalResolution ResolveLocal(int64_t local, const Zone &zone);

// The first instant in (from, to] at which the offset is no longer the one at `from`, which must differ
// from the one at `to`.
int64_t FindTransition(int64_t from, int64_t to, const Zone &zone);

} // namespace sluice
