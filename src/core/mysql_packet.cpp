#include "core/mysql_packet.hpp"

namespace sluice {

namespace {

constexpr WireFault kTooShort = "A packet ends too early.";
constexpr size_t kLongestVersion = 256;
constexpr size_t kLongestPlugin = 64;
constexpr uint32_t kLongestPacket = 1U << 30;
constexpr unsigned char kCharset = 45; // utf8mb4_general_ci, which all know

// All that is left; nothing where something is wrong, and then for good.
class PacketReader {
public:
	explicit PacketReader(MysqlCursor packet) : packet_(packet) {}

	const unsigned char *Take(size_t length)
	{
		const unsigned char *data = nullptr;
		bad_ = bad_ || TakeMysqlFixed(&packet_, length, &data) != nullptr;
		return bad_ ? nullptr : data;
	}
	void Skip(size_t length) { (void)Take(length); }
	template <typename T>
	T Number()
	{
		const unsigned char *const data = Take(sizeof(T));
		return data == nullptr ? T{} : MysqlNumber<T>(data);
	}
	// Up to a zero, which is taken as well; at the end of the packet it may be missing.
	std::string_view ToZero()
	{
		const auto *const begin = packet_.at;
		const unsigned char *const zero = bad_ ? packet_.end : std::find(begin, packet_.end, 0);
		packet_.at = zero == packet_.end ? zero : zero + 1;
		return bad_ ? std::string_view() : View(begin, zero - begin);
	}
	// After its length.
	std::string_view String()
	{
		const unsigned char *data = nullptr;
		size_t length = 0;
		bad_ = bad_ || TakeMysqlString(&packet_, &data, &length) != nullptr;
		return bad_ ? std::string_view() : View(data, length);
	}
	std::string_view Rest() { return bad_ ? std::string_view() : View(packet_.at, packet_.Left()); }
	size_t Left() const { return packet_.Left(); }
	WireFault Fault() const { return bad_ ? kTooShort : nullptr; }

private:
	static std::string_view View(const unsigned char *data, size_t length)
	{
		return {reinterpret_cast<const char *>(data), length};
	}

	MysqlCursor packet_;
	bool bad_ = false;
};

// Into a packet of kMysqlLongestLogin bytes.
class PacketWriter {
public:
	explicit PacketWriter(unsigned char *packet) : begin_(packet), at_(packet) {}

	void Bytes(const void *data, size_t length)
	{
		if (length > kMysqlLongestLogin - Length()) {
			wrong_ = true;
			return;
		}
		at_ = std::copy_n(static_cast<const unsigned char *>(data), length, at_);
	}
	void Text(std::string_view text) { Bytes(text.data(), text.size()); }
	void WithZero(std::string_view text)
	{
		wrong_ = wrong_ || text.find('\0') != std::string_view::npos;
		Text(text);
		Bytes("", 1);
	}
	// What comes after it; more does not fit into a byte, where larger numbers are marks.
	void Count(size_t length)
	{
		constexpr size_t kLongest = 250;
		wrong_ = wrong_ || length > kLongest;
		auto const byte = static_cast<unsigned char>(length);
		Bytes(&byte, 1);
	}
	void Counted(std::string_view text)
	{
		Count(text.size());
		Text(text);
	}
	size_t Length() const { return static_cast<size_t>(at_ - begin_); }
	bool IsWrong() const { return wrong_; }

private:
	unsigned char *begin_;
	unsigned char *at_;
	bool wrong_ = false; // too long, or not to be told in this form
};

void
PutNumber(uint32_t number, unsigned char *at)
{
	for (size_t i = 0; i < sizeof(number); ++i) {
		at[i] = static_cast<unsigned char>(number >> 8 * i);
	}
}

// "uuid" out of what MariaDB adds to a column: pieces of a kind, a length and a text.
std::string_view
TypeName(std::string_view pieces)
{
	auto const *const data = reinterpret_cast<const unsigned char *>(pieces.data());
	PacketReader reader(MysqlPacket(data, pieces.size()));
	while (reader.Left() > 0 && reader.Fault() == nullptr) {
		auto const kind = reader.Number<uint8_t>();
		std::string_view const text = reader.String();
		if (kind == 0) {
			return text;
		}
	}
	return {};
}

} // namespace

WireFault
ReadMysqlGreeting(MysqlCursor packet, MysqlGreeting *greeting)
{
	constexpr int kVersion = 10;
	constexpr size_t kFirstPart = 8;
	constexpr size_t kShortestRest = 13;
	constexpr size_t kUnused = 6;
	*greeting = {};
	PacketReader reader(packet);
	if (reader.Number<uint8_t>() != kVersion) {
		return "The server does not greet as one of MySQL's protocol 10 does.";
	}
	greeting->version = reader.ToZero();
	greeting->connection = reader.Number<uint32_t>();
	const unsigned char *const first = reader.Take(kFirstPart);
	reader.Skip(1);
	greeting->capabilities = reader.Number<uint16_t>();
	reader.Skip(1 + sizeof(uint16_t)); // character set and status
	greeting->capabilities |= static_cast<uint32_t>(reader.Number<uint16_t>()) << 16;
	size_t const whole = reader.Number<uint8_t>();
	reader.Skip(kUnused);
	greeting->mariadb_capabilities = reader.Number<uint32_t>();
	size_t const rest = std::max(kShortestRest, whole > kFirstPart ? whole - kFirstPart : 0);
	const unsigned char *const second = reader.Take(rest);
	if (greeting->Has(mysql::kPluginAuth)) {
		greeting->plugin = reader.ToZero();
	}
	if (reader.Fault() != nullptr) {
		return reader.Fault();
	}
	if (!greeting->Has(mysql::kProtocol41) || !greeting->Has(mysql::kSecureConnection)) {
		return "The server is older than MySQL 4.1.";
	}
	if (greeting->version.empty() || greeting->version.size() > kLongestVersion ||
		greeting->plugin.size() > kLongestPlugin) {
		return "The server's version or plugin has no sensible length.";
	}
	std::copy_n(first, kFirstPart, greeting->scramble);
	std::copy_n(second, mysql::kScramble - kFirstPart, greeting->scramble + kFirstPart);
	return nullptr;
}

WireFault
ReadMysqlError(MysqlCursor packet, MysqlServerError *error)
{
	constexpr size_t kState = 5;
	constexpr unsigned kProgress = 65535;
	*error = {};
	PacketReader reader(packet);
	reader.Skip(1);
	error->number = reader.Number<uint16_t>();
	std::string_view const rest = reader.Rest();
	if (reader.Fault() != nullptr) {
		return reader.Fault();
	}
	if (error->number == kProgress) {
		return "The server reports progress, which it was not asked for.";
	}
	bool const has_state = rest.size() > kState && rest.front() == '#';
	error->state = has_state ? rest.substr(1, kState) : std::string_view();
	error->message = has_state ? rest.substr(1 + kState) : rest;
	return nullptr;
}

WireFault
ReadMysqlAuthSwitch(MysqlCursor packet, MysqlAuthSwitch *wanted)
{
	*wanted = {};
	PacketReader reader(packet);
	reader.Skip(1);
	wanted->plugin = reader.ToZero();
	wanted->data = reader.Rest();
	// ed25519 and parsec send a scramble without one, whose last byte may be a zero of its own.
	if (wanted->data.size() != mysql::kLongScramble && !wanted->data.empty() && wanted->data.back() == '\0') {
		wanted->data.remove_suffix(1);
	}
	return wanted->plugin.size() > kLongestPlugin ? "The server's plugin has no sensible length." : reader.Fault();
}

WireFault
ReadMysqlColumnCount(MysqlCursor packet, int *count)
{
	constexpr unsigned char kTwoBytes = 252;
	PacketReader reader(packet);
	size_t number = reader.Number<uint8_t>();
	if (number == kTwoBytes) {
		number = reader.Number<uint16_t>();
	} else if (number >= mysql::kLocalFile) {
		return "The server announces no possible number of columns.";
	}
	*count = static_cast<int>(number);
	bool const possible = number > 0 && number <= mysql::kMostColumns && reader.Left() == 0;
	return possible ? reader.Fault() : "The server announces no possible number of columns.";
}

WireFault
ReadMysqlColumn(MysqlCursor packet, bool extended, MysqlColumnDefinition *column)
{
	*column = {};
	PacketReader reader(packet);
	for (int i = 0; i < 3; ++i) { // catalog, schema, table
		(void)reader.String();
	}
	column->original_table = reader.String();
	column->name = reader.String();
	(void)reader.String();
	if (extended) {
		column->type_name = TypeName(reader.String());
	}
	reader.Skip(1);
	column->charset = reader.Number<uint16_t>();
	column->length = reader.Number<uint32_t>();
	column->type = static_cast<mysql::Type>(reader.Number<uint8_t>());
	column->flags = reader.Number<uint16_t>();
	column->decimals = reader.Number<uint8_t>();
	bool const possible =
		column->name.size() <= mysql::kLongestName && column->name.find('\0') == std::string_view::npos;
	return possible ? reader.Fault() : "A column's name is too long, or has a zero in it.";
}

WireFault
ReadMysqlPrepared(MysqlCursor packet, MysqlPrepared *prepared)
{
	*prepared = {};
	PacketReader reader(packet);
	if (reader.Number<uint8_t>() != mysql::kOk) {
		return "A statement was not prepared.";
	}
	prepared->statement = reader.Number<uint32_t>();
	prepared->columns = reader.Number<uint16_t>();
	prepared->parameters = reader.Number<uint16_t>();
	return prepared->columns > mysql::kMostColumns ? "The server announces no possible number of columns."
												   : reader.Fault();
}

WireFault
TakeMysqlText(MysqlCursor *row, std::string_view *value, bool *is_null)
{
	*is_null = row->Left() > 0 && *row->at == mysql::kLocalFile;
	if (*is_null) {
		++row->at;
		*value = {};
		return nullptr;
	}
	const unsigned char *data = nullptr;
	size_t length = 0;
	WireFault const fault = TakeMysqlString(row, &data, &length);
	*value = fault == nullptr ? std::string_view(reinterpret_cast<const char *>(data), length) : std::string_view();
	return fault;
}

void
WriteMysqlTlsRequest(uint32_t capabilities, uint32_t mariadb_capabilities, unsigned char *packet)
{
	std::fill_n(packet, kMysqlTlsRequest, static_cast<unsigned char>(0));
	PutNumber(capabilities, packet);
	PutNumber(kLongestPacket, packet + 4);
	packet[8] = kCharset;
	PutNumber(mariadb_capabilities, packet + kMysqlTlsRequest - sizeof(uint32_t));
}

size_t
WriteMysqlLogin(const MysqlLogin &login, unsigned char *packet)
{
	constexpr std::string_view kProgram = "program_name";
	unsigned char head[kMysqlTlsRequest];
	WriteMysqlTlsRequest(login.capabilities, login.mariadb_capabilities, head);
	PacketWriter writer(packet);
	writer.Bytes(head, sizeof(head));
	writer.WithZero(login.user);
	writer.Counted({reinterpret_cast<const char *>(login.answer.data()), login.answer.size()});
	if ((login.capabilities & mysql::kPluginAuth) != 0) {
		writer.WithZero(login.plugin);
	}
	if ((login.capabilities & mysql::kConnectAttributes) != 0) {
		writer.Count(2 + kProgram.size() + login.program.size());
		writer.Counted(kProgram);
		writer.Counted(login.program);
	}
	return writer.IsWrong() ? 0 : writer.Length();
}

} // namespace sluice
