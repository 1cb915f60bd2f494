// Waiting for another server, whatever it speaks: on its socket and the latch, no longer than the pipeline's options
// say.
#pragma once

#include "core/duration.hpp"
#include "core/option_registry.hpp"
#include "pg/prelude.hpp"

namespace sluice::pg {

struct LinkTimeouts {
	int connect_ms;
	int idle_ms; // longest silence; 0: never
};

inline LinkTimeouts
TimeoutsOf(const OptionValues &options)
{
	return {static_cast<int>(options.DurationMicroseconds("connect_timeout") / kMillisecond),
			static_cast<int>(options.DurationMicroseconds("source_idle_timeout") / kMillisecond)};
}

namespace leaf {

// For messages.
inline const char *
What(bool is_destination)
{
	return is_destination ? "destination" : "source";
}

// Waits for events of the socket, or the latch, and serves interrupts; what has happened. -1: no limit.
int WaitForServer(int socket, int events, int timeout_ms, bool is_destination);
[[noreturn]] void RaiseNotReached(const char *server, int connect_ms, bool is_destination);
[[noreturn]] void RaiseSilent(const char *server, int idle_ms, bool is_destination);

} // namespace leaf

} // namespace sluice::pg
