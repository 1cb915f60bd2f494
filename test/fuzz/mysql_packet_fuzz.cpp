// Any bytes as a packet of a MySQL server, put to each reader: what is found lies within the packet, and what is
// accepted is what the callers rely on. The same bytes as what a login tells: a server reads it as it was meant.
//   input: the packet, without its header
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "core/mysql_packet.hpp"

namespace {

void
Require(bool holds)
{
	if (!holds) {
		std::abort();
	}
}

const char *
Characters(const unsigned char *data)
{
	return reinterpret_cast<const char *>(data);
}

// Reads all of it: a sanitizer sees every byte too many.
void
RequireWithin(std::string_view text, sluice::MysqlCursor packet)
{
	Require(text.empty() ||
			(text.data() >= Characters(packet.at) && text.data() + text.size() <= Characters(packet.end)));
	(void)std::count(text.begin(), text.end(), '\0');
}

void
CheckGreeting(sluice::MysqlCursor packet)
{
	sluice::MysqlGreeting greeting;
	bool const good = sluice::ReadMysqlGreeting(packet, &greeting) == nullptr;
	RequireWithin(greeting.version, packet);
	RequireWithin(greeting.plugin, packet);
	if (!good) {
		return;
	}
	Require(!greeting.version.empty() && greeting.version.size() <= 256 && greeting.plugin.size() <= 64);
	Require(greeting.version.find('\0') == std::string_view::npos);
	Require(greeting.plugin.find('\0') == std::string_view::npos);
	Require(greeting.Has(sluice::mysql::kProtocol41) && greeting.Has(sluice::mysql::kSecureConnection));
	Require(greeting.Has(sluice::mysql::kPluginAuth) || greeting.plugin.empty());
}

void
CheckError(sluice::MysqlCursor packet)
{
	sluice::MysqlServerError error;
	bool const good = sluice::ReadMysqlError(packet, &error) == nullptr;
	RequireWithin(error.state, packet);
	RequireWithin(error.message, packet);
	Require(error.state.empty() || error.state.size() == 5);
	Require(!good || error.number != 65535);
}

void
CheckAuthSwitch(sluice::MysqlCursor packet)
{
	sluice::MysqlAuthSwitch wanted;
	bool const good = sluice::ReadMysqlAuthSwitch(packet, &wanted) == nullptr;
	RequireWithin(wanted.plugin, packet);
	RequireWithin(wanted.data, packet);
	Require(!good || (wanted.plugin.size() <= 64 && wanted.plugin.find('\0') == std::string_view::npos));
	// What came as a scramble of 32 bytes is one, whatever its last byte is.
	size_t const left = packet.Left();
	size_t const before = wanted.plugin.size() + 2;
	Require(!good || left < before || left - before != 32 || wanted.data.size() == 32);
}

void
CheckColumns(sluice::MysqlCursor packet)
{
	int count = 0;
	if (sluice::ReadMysqlColumnCount(packet, &count) == nullptr) {
		Require(count > 0 && count <= sluice::mysql::kMostColumns);
		// No value and a request for a file look the same; neither is a number.
		Require(*packet.at != sluice::mysql::kLocalFile && packet.Left() == (*packet.at < 251 ? 1 : 3));
	}
	for (bool const extended : {false, true}) {
		sluice::MysqlColumnDefinition column;
		bool const good = sluice::ReadMysqlColumn(packet, extended, &column) == nullptr;
		Require(!good || (column.name.size() <= sluice::mysql::kLongestName &&
						  column.name.find('\0') == std::string_view::npos));
		RequireWithin(column.name, packet);
		RequireWithin(column.original_table, packet);
		RequireWithin(column.type_name, packet);
		Require(extended || column.type_name.empty());
	}
	sluice::MysqlPrepared prepared;
	if (sluice::ReadMysqlPrepared(packet, &prepared) == nullptr) {
		Require(prepared.columns <= sluice::mysql::kMostColumns && *packet.at == sluice::mysql::kOk);
	}
}

void
CheckTexts(sluice::MysqlCursor row)
{
	sluice::MysqlCursor const packet = row;
	std::string_view value;
	bool is_null = false;
	const unsigned char *before = row.at;
	while (sluice::TakeMysqlText(&row, &value, &is_null) == nullptr) {
		Require(row.at > before && row.at <= packet.end);
		Require(!is_null || value.empty());
		RequireWithin(value, packet);
		before = row.at;
	}
	Require(value.empty() && row.at <= packet.end);
}

// A text with the zero or after the length that follows in what was written.
std::string_view
ToZero(sluice::MysqlCursor *written)
{
	const unsigned char *const zero = std::find(written->at, written->end, 0);
	Require(zero != written->end);
	std::string_view const text(Characters(written->at), zero - written->at);
	written->at = zero + 1;
	return text;
}

std::string_view
Counted(sluice::MysqlCursor *written)
{
	const unsigned char *text = nullptr;
	size_t length = 0;
	Require(sluice::TakeMysqlString(written, &text, &length) == nullptr);
	return {Characters(text), length};
}

void
CheckLogin(std::string_view told)
{
	// Pieces of lengths that come first, each twice what a byte says: longer than what fits, too.
	constexpr size_t kPieces = 4;
	std::string_view pieces[kPieces];
	std::string_view rest = told.substr(std::min(kPieces, told.size()));
	for (size_t i = 0; i < kPieces && told.size() > kPieces; ++i) {
		pieces[i] = rest.substr(0, 2 * static_cast<size_t>(static_cast<unsigned char>(told[i])));
		rest.remove_prefix(pieces[i].size());
	}
	auto const [user, plugin, program, answer] = pieces;
	auto const *const answered = reinterpret_cast<const unsigned char *>(answer.data());
	uint32_t const capabilities = sluice::mysql::kPluginAuth | sluice::mysql::kConnectAttributes;
	std::unique_ptr<unsigned char[]> const packet(new unsigned char[sluice::kMysqlLongestLogin]);
	size_t const length =
		sluice::WriteMysqlLogin({capabilities, 0, user, {answered, answer.size()}, plugin, program}, packet.get());
	if (length == 0) {
		return;
	}
	Require(length > sluice::kMysqlTlsRequest && length <= sluice::kMysqlLongestLogin);
	sluice::MysqlCursor written{packet.get() + sluice::kMysqlTlsRequest, packet.get() + length};
	Require(ToZero(&written) == user);
	Require(Counted(&written) == answer);
	Require(ToZero(&written) == plugin);
	std::string_view const attributes = Counted(&written);
	Require(written.Left() == 0);
	auto const *const first = reinterpret_cast<const unsigned char *>(attributes.data());
	sluice::MysqlCursor inside{first, first + attributes.size()};
	Require(Counted(&inside) == "program_name" && Counted(&inside) == program && inside.Left() == 0);
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	// Exactly as large as it is.
	std::unique_ptr<unsigned char[]> const packet(new unsigned char[size]);
	std::copy_n(data, size, packet.get());
	sluice::MysqlCursor const cursor = sluice::MysqlPacket(packet.get(), size);
	CheckGreeting(cursor);
	CheckError(cursor);
	CheckAuthSwitch(cursor);
	CheckColumns(cursor);
	CheckTexts(cursor);
	Require(!sluice::IsMysqlEnd(packet.get(), size) || (size > 0 && size < 9 && packet[0] == 0xfe));
	CheckLogin({Characters(packet.get()), size});
	return 0;
}
