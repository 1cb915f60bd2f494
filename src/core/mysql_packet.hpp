// What a MySQL server says before and around its rows (its documentation, "Connection Phase", "Command Phase"), and
// what it is told in return. Nothing that came is trusted: every length is checked here, and every string is bounded.
// Plain data and no allocation. Pure C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/mysql_wire.hpp"

namespace sluice {

namespace mysql {

// Capabilities, as bits of both sides' flags.
inline constexpr uint32_t kLongPassword = 1U; // MariaDB: absent means that the second word of flags counts
inline constexpr uint32_t kLongFlag = 1U << 2;
inline constexpr uint32_t kProtocol41 = 1U << 9;
inline constexpr uint32_t kTls = 1U << 11;
inline constexpr uint32_t kTransactions = 1U << 13;
inline constexpr uint32_t kSecureConnection = 1U << 15;
inline constexpr uint32_t kPluginAuth = 1U << 19;
inline constexpr uint32_t kConnectAttributes = 1U << 20;
inline constexpr uint32_t kPluginAuthLength = 1U << 21;
inline constexpr uint32_t kMultiFactor = 1U << 28; // said so that a server asks for another proof, which is refused
// Of MariaDB's second word: what a uuid or inet6 column is.
inline constexpr uint32_t kExtendedMetadata = 1U << 3;

inline constexpr unsigned char kOk = 0x00;
inline constexpr unsigned char kMoreData = 0x01;
inline constexpr unsigned char kNextFactor = 0x02;
inline constexpr unsigned char kLocalFile = 0xfb;
inline constexpr unsigned char kEnd = 0xfe; // also: another way to authenticate
inline constexpr unsigned char kError = 0xff;

inline constexpr size_t kScramble = 20;
inline constexpr size_t kLongScramble = 32;	 // of MariaDB's newer ways
inline constexpr int kMostColumns = 4096;	 // of MySQL
inline constexpr size_t kLongestName = 1024; // 256 characters

// Numbers of column types, as they travel.
enum class Type : uint8_t {
	Decimal = 0,
	Tiny = 1,
	Short = 2,
	Long = 3,
	Float = 4,
	Double = 5,
	Null = 6,
	Timestamp = 7,
	Longlong = 8,
	Int24 = 9,
	Date = 10,
	Time = 11,
	Datetime = 12,
	Year = 13,
	NewDate = 14,
	Varchar = 15,
	Bit = 16,
	Timestamp2 = 17,
	Datetime2 = 18,
	Time2 = 19,
	Vector = 242,
	Json = 245,
	NewDecimal = 246,
	VarString = 253,
	String = 254,
	Geometry = 255,
};

inline constexpr uint16_t kUnsigned = 32;
inline constexpr uint16_t kEnum = 256;
inline constexpr uint16_t kSet = 2048;

} // namespace mysql

// Views point into the packet.
struct MysqlGreeting {
	std::string_view version;
	std::string_view plugin;
	uint32_t connection;
	uint32_t capabilities;
	uint32_t mariadb_capabilities;
	unsigned char scramble[mysql::kScramble];

	bool Has(uint32_t capability) const { return (capabilities & capability) != 0; }
	bool IsMariadb() const { return !Has(mysql::kLongPassword); }
};

struct MysqlServerError {
	unsigned number;
	std::string_view state; // five characters; empty: none was sent
	std::string_view message;
};

struct MysqlAuthSwitch {
	std::string_view plugin;
	std::string_view data; // without the zero after a scramble
};

struct MysqlColumnDefinition {
	std::string_view name;
	std::string_view original_table; // empty: an expression
	std::string_view type_name;		 // what MariaDB says beyond the type
	uint32_t length;
	uint16_t charset;
	uint16_t flags;
	mysql::Type type;
	uint8_t decimals;
};

struct MysqlPrepared {
	uint32_t statement;
	uint16_t columns;
	uint16_t parameters;
};

inline MysqlCursor
MysqlPacket(const unsigned char *data, size_t length)
{
	return {data, data + length};
}

WireFault ReadMysqlGreeting(MysqlCursor packet, MysqlGreeting *greeting);
// Of a packet that begins with kError.
WireFault ReadMysqlError(MysqlCursor packet, MysqlServerError *error);
// Of a packet that begins with kEnd, while the client is authenticating.
WireFault ReadMysqlAuthSwitch(MysqlCursor packet, MysqlAuthSwitch *wanted);
WireFault ReadMysqlColumnCount(MysqlCursor packet, int *count);
WireFault ReadMysqlColumn(MysqlCursor packet, bool extended, MysqlColumnDefinition *column);
WireFault ReadMysqlPrepared(MysqlCursor packet, MysqlPrepared *prepared);
// The next value of a row of the text protocol; is_null: it has none.
WireFault TakeMysqlText(MysqlCursor *row, std::string_view *value, bool *is_null);

// An end of a list of columns or rows.
inline bool
IsMysqlEnd(const unsigned char *packet, size_t length)
{
	constexpr size_t kLongest = 8;
	return length > 0 && length <= kLongest && *packet == mysql::kEnd;
}

struct MysqlLogin {
	uint32_t capabilities;
	uint32_t mariadb_capabilities;
	std::string_view user;
	std::span<const unsigned char> answer; // to the scramble
	std::string_view plugin;
	std::string_view program;
};

inline constexpr size_t kMysqlTlsRequest = 32;
inline constexpr size_t kMysqlLongestLogin = 2048;
// The first packet of a client that asks for TLS; the beginning of its login, too.
void WriteMysqlTlsRequest(uint32_t capabilities, uint32_t mariadb_capabilities, unsigned char *packet);
// Its length; 0: what is to be told is too long, or a zero would cut it.
size_t WriteMysqlLogin(const MysqlLogin &login, unsigned char *packet);

} // namespace sluice
