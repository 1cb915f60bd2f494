#include "pg/client_channel.hpp"

#include "pg/prelude.hpp"

// The headers of Kerberos, which nothing here needs, may not be installed.
#pragma push_macro("ENABLE_GSS")
#undef ENABLE_GSS
extern "C" {
#include "libpq/libpq.h"
}
#pragma pop_macro("ENABLE_GSS")

namespace sluice::pg {

namespace {

constexpr char kNotice = 'N';

ClientListener *newest = nullptr;

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

// Fields of a letter and a text that ends with a zero; a zero ends them all.
std::string_view
Field(std::string_view fields, char wanted)
{
	while (!fields.empty() && fields.front() != '\0') {
		char const letter = fields.front();
		std::string_view const rest = fields.substr(1);
		size_t const length = std::min(rest.find('\0'), rest.size());
		if (letter == wanted) {
			return rest.substr(0, length);
		}
		fields = rest.substr(std::min(length + 1, rest.size()));
	}
	return {};
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
PutMessage(char type, const char *body, size_t length)
{
	if (type == kNotice) {
		std::string_view const fields(body, length);
		ClientMessage const message{Field(fields, 'V'), Field(fields, 'M'), Field(fields, 'D'), Field(fields, 'H'),
									pg_get_client_encoding() == GetDatabaseEncoding()};
		for (ClientListener *listener = newest; listener != nullptr; listener = listener->Outer()) {
			listener->Hear(message);
		}
	}
	const PQcommMethods *client = Client();
	return client != nullptr ? client->putmessage(type, body, length) : 0;
}

void
PutMessageWithoutBlocking(char type, const char *body, size_t length)
{
	if (const PQcommMethods *client = Client()) {
		client->putmessage_noblock(type, body, length);
	}
}

constexpr PQcommMethods kMethods = {Reset,		   Flush,	   FlushIfWritable,
									IsSendPending, PutMessage, PutMessageWithoutBlocking};

// Where there is no client, as a parallel worker talks to its leader.
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

} // namespace

ClientListener::ClientListener() : outer_(newest)
{
	if (outer_ == nullptr) {
		Install();
	}
	newest = this;
}

ClientListener::~ClientListener()
{
	newest = outer_;
	if (outer_ == nullptr) {
		Uninstall();
	}
}

} // namespace sluice::pg
