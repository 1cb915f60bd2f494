#include "engine/command/client_messages.hpp"

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/redact.hpp"
#include "core/text_bounds.hpp"

namespace sluice::engine {

namespace {

// Of one run; its journal has more room, for what the run itself says.
constexpr int kMostMessages = 200;
constexpr size_t kMostBytes = 128 * 1024;

// It travels in the encoding of the client, whatever a statement has made of that; the log is in the database's.
std::string
InDatabaseEncoding(std::string_view text, bool is_already)
{
	std::string own = CutMessage(std::string(text.substr(0, Bound(Text::Message) + 1)));
	if (!is_already) {
		for (char &c : own) {
			c = static_cast<signed char>(c) < 0 ? '?' : c;
		}
	}
	return own;
}

} // namespace

ClientMessages::~ClientMessages()
{
	if (left_out_ == 0) {
		return;
	}
	try {
		journal_.Warning(Format("{} more messages of the command are left out", left_out_));
	} catch (const std::bad_alloc &) {
		// Then that is left out as well.
		left_out_ = 0;
	}
}

void
ClientMessages::Note(const pg::ClientMessage &message)
{
	bool const is_own = message.in_database_encoding;
	ErrorInfo info;
	info.message = Format("{}: {}", message.severity, InDatabaseEncoding(message.message, is_own));
	info.detail = InDatabaseEncoding(message.detail, is_own);
	info.hint = InDatabaseEncoding(message.hint, is_own);
	std::string text = Redact(WholeText(info));
	if (bytes_ + text.size() > kMostBytes) {
		++left_out_;
		return;
	}
	++kept_;
	bytes_ += text.size();
	if (message.severity == "WARNING") {
		journal_.Warning(std::move(text));
	} else {
		journal_.Info(std::move(text));
	}
}

void
ClientMessages::Hear(const pg::ClientMessage &message) noexcept
{
	// For whoever looks for a fault, not for whoever reads what the run did.
	if (message.severity == "LOG" || message.severity.starts_with("DEBUG")) {
		return;
	}
	if (kept_ >= kMostMessages) {
		++left_out_;
		return;
	}
	try {
		Note(message);
	} catch (const std::exception &) {
		// No memory for it: the statement goes on.
		++left_out_;
	}
}

} // namespace sluice::engine
