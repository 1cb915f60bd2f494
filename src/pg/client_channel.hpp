// What this session tells its client besides results and errors (NOTICE, WARNING, ...), overheard on its way. Also
// where there is no client.
#pragma once

#include <string_view>

namespace sluice::pg {

struct ClientMessage {
	std::string_view severity; // NOTICE, WARNING, ..., whatever the language
	std::string_view message;
	std::string_view detail;
	std::string_view hint;
	bool in_database_encoding; // else in the client's
};

// Hears them while it exists; each of those that exist does, the newest first.
class ClientListener {
public:
	ClientListener();
	virtual ~ClientListener();
	ClientListener(const ClientListener &) = delete;
	ClientListener &operator=(const ClientListener &) = delete;

	// Called by the server while it reports, so nothing may leave it.
	virtual void Hear(const ClientMessage &message) noexcept = 0;
	ClientListener *Outer() const { return outer_; }

private:
	ClientListener *const outer_;
};

} // namespace sluice::pg
