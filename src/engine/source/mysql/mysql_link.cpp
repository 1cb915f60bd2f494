#include "engine/source/mysql/mysql_link.hpp"

#include <charconv>

#include "engine/source/mysql/mysql_channel.hpp"
#include "engine/source/mysql/mysql_login.hpp"

namespace sluice::engine::leaf {

namespace {

constexpr int kKillTimeoutMs = 3000;
// What describes results, and what are rows.
constexpr Size kLongestDescription = 65536;
constexpr Size kLongestRow = 1024 * 1024 * 1024;

enum class Command : unsigned char { Quit = 1, Query = 3, Prepare = 22, Execute = 23, CloseStatement = 25, Reset = 31 };

bool
SendCommand(MysqlLink *link, Command command, const char *argument, Size length)
{
	constexpr Size kShort = 1024;
	link->channel.sequence = 0;
	unsigned char begin[kShort];
	begin[0] = static_cast<unsigned char>(command);
	if (length < kShort) {
		memcpy(begin + 1, argument, length);
		return ChannelWrite(&link->channel, begin, length + 1);
	}
	// No palloc: some callers may not raise.
	auto *const whole = static_cast<unsigned char *>(malloc(length + 1));
	if (whole == nullptr) {
		return ChannelFails(&link->channel, kMysqlOutOfMemory, "out of memory");
	}
	whole[0] = begin[0];
	memcpy(whole + 1, argument, length);
	bool const sent = ChannelWrite(&link->channel, whole, length + 1);
	free(whole);
	return sent;
}

// A connection of its own asks the server to end the query of this one.
void
KillQuery(const MysqlLink *busy)
{
	constexpr size_t kLongest = 32;
	MysqlLink link{};
	link.target = busy->target;
	link.channel.socket = -1;
	link.channel.server = busy->channel.server;
	link.channel.address = busy->channel.address;
	link.channel.address_length = busy->channel.address_length;
	link.channel.leaving = true;
	link.channel.deadline = SteadyIn(kKillTimeoutMs);
	if (ChannelConnect(&link.channel, link.target) && LogIn(&link)) {
		char statement[kLongest] = "KILL QUERY ";
		const char *const end = std::to_chars(statement + strlen(statement), std::end(statement), busy->connection).ptr;
		unsigned char *answer = nullptr;
		Size length = end - statement;
		if (SendCommand(&link, Command::Query, statement, length)) {
			(void)ChannelRead(&link.channel, kLongestDescription, &answer, &length);
		}
	}
	ChannelClose(&link.channel, nullptr, 0);
}

void
EndRemoteWork(MysqlLink *link)
{
	if (link->busy) {
		link->busy = false;
		KillQuery(link);
	}
}

void
EndAtExit(pg::leaf::OpenLink *open)
{
	EndRemoteWork(reinterpret_cast<MysqlLink *>(open));
}

bool
ReadDescription(MysqlLink *link, unsigned char **packet, Size *length)
{
	return ChannelRead(&link->channel, kLongestDescription, packet, length);
}

bool
IsMalformed(MysqlLink *link, WireFault fault)
{
	if (fault != nullptr) {
		ChannelFails(&link->channel, kMysqlMalformed, fault);
	}
	return fault != nullptr;
}

bool
ReadEnd(MysqlLink *link)
{
	unsigned char *packet = nullptr;
	Size length = 0;
	return ReadDescription(link, &packet, &length) &&
		   (IsMysqlEnd(packet, length) || FailsWith(&link->channel, packet, length));
}

// So many columns, and the end of their list. keep: into link->fields.
bool
ReadColumns(MysqlLink *link, int count, bool keep)
{
	if (count == 0) {
		return true;
	}
	auto *fields = keep ? static_cast<MysqlField *>(palloc(sizeof(MysqlField) * count)) : nullptr;
	for (int i = 0; i < count; ++i) {
		unsigned char *packet = nullptr;
		Size length = 0;
		MysqlColumnDefinition column;
		if (!ReadDescription(link, &packet, &length)) {
			return false;
		}
		if (length > 0 && *packet == mysql::kError) {
			return FailsWith(&link->channel, packet, length);
		}
		if (IsMalformed(link, ReadMysqlColumn(MysqlPacket(packet, length), link->extended, &column))) {
			return false;
		}
		if (keep) {
			fields[i] = {pnstrdup(column.name.data(), column.name.size()),
						 pnstrdup(column.type_name.data(), std::min(column.type_name.size(), mysql::kLongestName)),
						 !column.original_table.empty(),
						 column.length,
						 column.charset,
						 column.flags,
						 column.type,
						 column.decimals};
		}
	}
	if (keep) {
		link->fields = fields;
		link->field_count = count;
	}
	return ReadEnd(link);
}

// What comes after a command that may give rows.
bool
ReadResult(MysqlLink *link)
{
	unsigned char *packet = nullptr;
	Size length = 0;
	int count = 0;
	link->field_count = 0;
	if (!ReadDescription(link, &packet, &length)) {
		return false;
	}
	if (length > 0 && *packet == mysql::kOk) {
		link->busy = false;
		return true;
	}
	if (length > 0 && *packet == mysql::kError) {
		link->busy = false;
		return FailsWith(&link->channel, packet, length);
	}
	if (length > 0 && *packet == mysql::kLocalFile) {
		return ChannelFails(&link->channel, kMysqlMalformed, "The server asks for a file, and gets none.");
	}
	return !IsMalformed(link, ReadMysqlColumnCount(MysqlPacket(packet, length), &count)) &&
		   ReadColumns(link, count, true);
}

} // namespace

bool
LinkConnect(MysqlLink *link)
{
	MysqlChannel *channel = &link->channel;
	pg::leaf::AddOpenLink(&link->open, channel->server, EndAtExit);
	channel->deadline = SteadyIn(channel->timeouts.connect_ms);
	link->ready = ChannelConnect(channel, link->target) && LogIn(link);
	channel->deadline = 0;
	return link->ready;
}

bool
LinkRun(MysqlLink *link, const char *statement, Size length)
{
	link->busy = true;
	return SendCommand(link, Command::Query, statement, length) && ReadResult(link);
}

bool
LinkPrepare(MysqlLink *link, const char *statement, Size length)
{
	unsigned char *packet = nullptr;
	Size answer = 0;
	MysqlPrepared prepared;
	char id[sizeof(uint32)];
	link->field_count = 0;
	if (link->has_statement) {
		link->has_statement = false;
		for (Size i = 0; i < sizeof(id); ++i) {
			id[i] = static_cast<char>(link->statement >> 8 * i);
		}
		if (!SendCommand(link, Command::CloseStatement, id, sizeof(id))) {
			return false;
		}
	}
	link->busy = true;
	if (!SendCommand(link, Command::Prepare, statement, length) || !ReadDescription(link, &packet, &answer)) {
		return false;
	}
	if (answer > 0 && *packet == mysql::kError) {
		link->busy = false;
		return FailsWith(&link->channel, packet, answer);
	}
	if (IsMalformed(link, ReadMysqlPrepared(MysqlPacket(packet, answer), &prepared))) {
		return false;
	}
	link->statement = prepared.statement;
	link->has_statement = true;
	link->parameters = prepared.parameters;
	bool const good = ReadColumns(link, prepared.parameters, false) && ReadColumns(link, prepared.columns, true);
	link->busy = !good;
	return good;
}

bool
LinkExecute(MysqlLink *link)
{
	// The statement, no cursor, once.
	char request[9] = {};
	for (Size i = 0; i < sizeof(uint32); ++i) {
		request[i] = static_cast<char>(link->statement >> 8 * i);
	}
	request[5] = 1;
	link->busy = true;
	return SendCommand(link, Command::Execute, request, sizeof(request)) && ReadResult(link);
}

bool
LinkNextRow(MysqlLink *link, const unsigned char **row, Size *length)
{
	unsigned char *packet = nullptr;
	*row = nullptr;
	if (!link->busy) {
		return true;
	}
	if (!ChannelRead(&link->channel, kLongestRow, &packet, length)) {
		return false;
	}
	if (IsMysqlEnd(packet, *length)) {
		link->busy = false;
		return true;
	}
	if (*length > 0 && *packet == mysql::kError) {
		link->busy = false;
		return FailsWith(&link->channel, packet, *length);
	}
	*row = packet;
	return true;
}

bool
LinkReset(MysqlLink *link)
{
	unsigned char *packet = nullptr;
	Size length = 0;
	link->has_statement = false;
	return SendCommand(link, Command::Reset, "", 0) && ReadDescription(link, &packet, &length);
}

void
LinkClose(MysqlLink *link)
{
	auto const quit = static_cast<unsigned char>(Command::Quit);
	bool const says_goodbye = link->ready && !link->busy;
	EndRemoteWork(link);
	ChannelClose(&link->channel, &quit, says_goodbye ? 1 : 0);
	link->ready = false;
	pg::leaf::ForgetOpenLink(&link->open);
}

} // namespace sluice::engine::leaf
