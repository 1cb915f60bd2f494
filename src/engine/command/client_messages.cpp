#include "engine/command/client_messages.hpp"

#include "core/redact.hpp"
#include "core/text_bounds.hpp"
#include "pg/guard.hpp"

// The headers of Kerberos, which nothing here needs, may not be installed.
#pragma push_macro("ENABLE_GSS")
#undef ENABLE_GSS
extern "C" {
#include "libpq/libpq.h"
}
#pragma pop_macro("ENABLE_GSS")

namespace sluice::engine {

namespace {

// Of one run; its journal has more room, for what the run itself says.
constexpr int kMostMessages = 200;
constexpr size_t kMostBytes = 128 * 1024;

constexpr char kNotice = 'N';

ClientMessages *current = nullptr;

struct Channel {
	CommandDest destination;
	ProtocolVersion protocol;
	const PQcommMethods *methods;
};
Channel before;

// NULL: this session has no client.
const PQcommMethods *
Client()
{
	return before.destination == DestRemote ? before.methods : nullptr;
}

void
Reset()
{
	if (const PQcommMethods *client = Client()) {
		client->comm_reset();
	}
}

int
Flush()
{
	const PQcommMethods *client = Client();
	return client != nullptr ? client->flush() : 0;
}

int
FlushIfWritable()
{
	const PQcommMethods *client = Client();
	return client != nullptr ? client->flush_if_writable() : 0;
}

bool
IsSendPending()
{
	const PQcommMethods *client = Client();
	return client != nullptr && client->is_send_pending();
}

int
PutMessage(char type, const char *message, size_t length)
{
	if (type == kNotice) {
		for (ClientMessages *taker = current; taker != nullptr; taker = taker->Outer()) {
			taker->Take(message, length);
		}
	}
	const PQcommMethods *client = Client();
	return client != nullptr ? client->putmessage(type, message, length) : 0;
}

void
PutMessageWithoutBlocking(char type, const char *message, size_t length)
{
	if (const PQcommMethods *client = Client()) {
		client->putmessage_noblock(type, message, length);
	}
}

constexpr PQcommMethods kMethods = {Reset,		   Flush,	   FlushIfWritable,
									IsSendPending, PutMessage, PutMessageWithoutBlocking};

// As a background process talks to the one that started it.
void
Install()
{
	before = {whereToSendOutput, FrontendProtocol, PqCommMethods};
	PqCommMethods = &kMethods;
	if (before.destination == DestNone) {
		whereToSendOutput = DestRemote;
		FrontendProtocol = PG_PROTOCOL_LATEST;
	}
}

void
Uninstall()
{
	whereToSendOutput = before.destination;
	FrontendProtocol = before.protocol;
	PqCommMethods = before.methods;
}

// Fields of a letter and a text that ends with a zero; a zero ends them all.
std::string_view
Field(std::string_view message, char wanted)
{
	while (!message.empty() && message.front() != '\0') {
		char const letter = message.front();
		std::string_view const rest = message.substr(1);
		size_t const length = std::min(rest.find('\0'), rest.size());
		if (letter == wanted) {
			return rest.substr(0, length);
		}
		message = rest.substr(std::min(length + 1, rest.size()));
	}
	return {};
}

// It travels in the encoding of the client, whatever a statement has made of that; the log is in the database's.
std::string
InDatabaseEncoding(std::string_view text)
{
	std::string own = CutMessage(std::string(text.substr(0, Bound(Text::Message) + 1)));
	if (pg_get_client_encoding() != GetDatabaseEncoding()) {
		for (char &c : own) {
			c = static_cast<signed char>(c) < 0 ? '?' : c;
		}
	}
	return own;
}

} // namespace

ClientMessages::ClientMessages(RunJournal &journal) : journal_(journal), outer_(current)
{
	if (outer_ == nullptr) {
		Install();
	}
	current = this;
}

ClientMessages::~ClientMessages()
{
	current = outer_;
	if (outer_ == nullptr) {
		Uninstall();
	}
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
ClientMessages::Note(std::string_view message)
{
	std::string const severity(Field(message, 'V'));
	ErrorInfo info;
	info.message = severity + ": " + InDatabaseEncoding(Field(message, 'M'));
	info.detail = InDatabaseEncoding(Field(message, 'D'));
	info.hint = InDatabaseEncoding(Field(message, 'H'));
	std::string text = Redact(WholeText(info));
	if (kept_ >= kMostMessages || bytes_ + text.size() > kMostBytes) {
		++left_out_;
		return;
	}
	++kept_;
	bytes_ += text.size();
	if (severity == "WARNING") {
		journal_.Warning(std::move(text));
	} else {
		journal_.Info(std::move(text));
	}
}

void
ClientMessages::Take(const char *message, size_t length) noexcept
{
	try {
		if (kept_ >= kMostMessages) {
			++left_out_;
		} else {
			Note({message, length});
		}
	} catch (...) {
		// No memory for it: the statement goes on.
		++left_out_;
	}
}

} // namespace sluice::engine
