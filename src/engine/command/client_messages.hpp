// The messages that the statements of a command raise, as lines of the run's log.
#pragma once

#include "core/run_journal.hpp"
#include "pg/client_channel.hpp"

namespace sluice::engine {

// While it exists they go to the journal, and to the session's client as well, where there is one. Of a flood the first
// ones are kept.
class ClientMessages final : public pg::ClientListener {
public:
	explicit ClientMessages(RunJournal &journal) : journal_(journal) {}
	// Says how many were left out.
	~ClientMessages() override;
	ClientMessages(const ClientMessages &) = delete;
	ClientMessages &operator=(const ClientMessages &) = delete;

	void Hear(const pg::ClientMessage &message) noexcept override;

private:
	void Note(const pg::ClientMessage &message);

	RunJournal &journal_;
	int kept_ = 0;
	size_t bytes_ = 0;
	int64_t left_out_ = 0;
};

} // namespace sluice::engine
