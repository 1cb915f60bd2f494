// What the server tells a client besides errors (NOTICE, WARNING, ...), for the log of a run whose statements raise it.
#pragma once

#include "core/run_journal.hpp"

namespace sluice::engine {

// While it exists such messages go to the journal, and to the session's client as well, where there is one. Of a flood
// the first ones are kept.
class ClientMessages {
public:
	explicit ClientMessages(RunJournal &journal);
	~ClientMessages();
	ClientMessages(const ClientMessages &) = delete;
	ClientMessages &operator=(const ClientMessages &) = delete;

	// Of the one around this one, when a command runs a pipeline that is a command.
	ClientMessages *Outer() const { return outer_; }
	// One message as the protocol has it. Called by the server while it reports, so nothing may leave it.
	void Take(const char *message, size_t length) noexcept;

private:
	void Note(std::string_view message);

	RunJournal &journal_;
	ClientMessages *const outer_;
	int kept_ = 0;
	size_t bytes_ = 0;
	int64_t left_out_ = 0;
};

} // namespace sluice::engine
