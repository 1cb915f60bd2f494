#include <gtest/gtest.h>

#include <string>

#include "core/mysql_packet.hpp"

namespace sluice {
namespace {

MysqlCursor
Packet(const std::string &bytes)
{
	return MysqlPacket(reinterpret_cast<const unsigned char *>(bytes.data()), bytes.size());
}

// What is told apart by a length, or ends with a zero, as the server reads it.
size_t
LoginLength(std::string_view user, std::string_view plugin, std::string_view program)
{
	unsigned char packet[kMysqlLongestLogin];
	return WriteMysqlLogin(
		{mysql::kProtocol41 | mysql::kPluginAuth | mysql::kConnectAttributes, 0, user, {}, plugin, program}, packet);
}

TEST(MysqlPacket, ReadsAGreeting)
{
	std::string const greeting = std::string("\x0a"
											 "8.4.3\0"
											 "\x2a\0\0\0"
											 "abcdefgh\0"
											 "\xff\xf7\x2d\x02\0\xff\xdf\x15"
											 "\0\0\0\0\0\0\0\0\0\0"
											 "ijklmnopqrst\0"
											 "caching_sha2_password\0",
											 73);
	MysqlGreeting read;
	ASSERT_EQ(ReadMysqlGreeting(Packet(greeting), &read), nullptr);
	EXPECT_EQ(read.version, "8.4.3");
	EXPECT_EQ(read.plugin, "caching_sha2_password");
	EXPECT_EQ(read.connection, 42U);
	EXPECT_EQ(std::string(reinterpret_cast<const char *>(read.scramble), mysql::kScramble), "abcdefghijklmnopqrst");
	EXPECT_FALSE(read.IsMariadb());
	// A cut one is refused, wherever it is cut before the plugin's name.
	for (size_t length = 0; length < greeting.size() - 22; ++length) {
		EXPECT_NE(ReadMysqlGreeting(Packet(greeting.substr(0, length)), &read), nullptr) << length;
	}
}

TEST(MysqlPacket, ReadsErrors)
{
	MysqlServerError error;
	std::string const with_state = "\xff\x15\x04#28000Access denied";
	ASSERT_EQ(ReadMysqlError(Packet(with_state), &error), nullptr);
	EXPECT_EQ(error.number, 1045U);
	EXPECT_EQ(error.state, "28000");
	EXPECT_EQ(error.message, "Access denied");
	std::string const without = "\xff\x10\x04Too many connections";
	ASSERT_EQ(ReadMysqlError(Packet(without), &error), nullptr);
	EXPECT_EQ(error.state, "");
	EXPECT_EQ(error.message, "Too many connections");
	EXPECT_NE(ReadMysqlError(Packet("\xff\x10"), &error), nullptr);
}

// Three bytes that other clients take for a report of progress, and read on behind their end.
TEST(MysqlPacket, RefusesProgress)
{
	MysqlServerError error;
	EXPECT_NE(ReadMysqlError(Packet("\xff\xff\xff"), &error), nullptr);
	EXPECT_NE(ReadMysqlError(Packet(std::string("\xff\xff\xff\x01\x01\x02\x10\x27\0\x06"
												"copy",
												14)),
							 &error),
			  nullptr);
}

TEST(MysqlPacket, KeepsTheLastByteOfALongScramble)
{
	MysqlAuthSwitch wanted;
	std::string const random = std::string(31, 'r') + '\0';
	std::string packet = std::string("\xfe"
									 "client_ed25519\0",
									 16) +
						 random;
	ASSERT_EQ(ReadMysqlAuthSwitch(Packet(packet), &wanted), nullptr);
	EXPECT_EQ(wanted.plugin, "client_ed25519");
	EXPECT_EQ(wanted.data, random);
	packet += '\0';
	ASSERT_EQ(ReadMysqlAuthSwitch(Packet(packet), &wanted), nullptr);
	EXPECT_EQ(wanted.data, random);
	packet = std::string("\xfe"
						 "mysql_native_password\0"
						 "abcdefghijklmnopqrst\0",
						 44);
	ASSERT_EQ(ReadMysqlAuthSwitch(Packet(packet), &wanted), nullptr);
	EXPECT_EQ(wanted.data, "abcdefghijklmnopqrst");
}

TEST(MysqlPacket, CountsColumns)
{
	int count = 0;
	ASSERT_EQ(ReadMysqlColumnCount(Packet("\xfa"), &count), nullptr);
	EXPECT_EQ(count, 250);
	ASSERT_EQ(ReadMysqlColumnCount(Packet(std::string("\xfc\0\x10", 3)), &count), nullptr);
	EXPECT_EQ(count, 4096);
	// No value, more than there may be, marks of larger numbers, bytes too few or too many.
	for (const std::string &wrong : {std::string("\xfb"), std::string("\xfb/etc/passwd"), std::string("\xfc\x01\x10"),
									 std::string("\xfd\x01\0\0", 4), std::string("\xff"), std::string(1, '\0'),
									 std::string("\xfc\x01"), std::string("\x01\x01"), std::string()}) {
		EXPECT_NE(ReadMysqlColumnCount(Packet(wrong), &count), nullptr) << wrong;
	}
}

TEST(MysqlPacket, ReadsColumns)
{
	std::string const begin = "\x03"
							  "def\x04"
							  "shop\x01"
							  "o\x06"
							  "orders\x01"
							  "a\x02"
							  "id";
	std::string const end("\x0c\x2d\0\x90\0\0\0\xfe\0\0\0", 11);
	MysqlColumnDefinition column;
	std::string const plain = begin + end;
	ASSERT_EQ(ReadMysqlColumn(Packet(plain), false, &column), nullptr);
	EXPECT_EQ(column.name, "a");
	EXPECT_EQ(column.original_table, "orders");
	EXPECT_EQ(column.length, 144U);
	EXPECT_EQ(column.type, mysql::Type::String);
	EXPECT_EQ(column.decimals, 0);
	ASSERT_EQ(ReadMysqlColumn(Packet(begin + std::string("\x0c\x3f\0\x0e\0\0\0\xf6\0\0\x02", 11)), false, &column),
			  nullptr);
	EXPECT_EQ(column.decimals, 2);
	std::string const extended = begin + std::string("\x06\0\x04uuid", 7) + end;
	ASSERT_EQ(ReadMysqlColumn(Packet(extended), true, &column), nullptr);
	EXPECT_EQ(column.type_name, "uuid");
	EXPECT_NE(ReadMysqlColumn(Packet(begin), false, &column), nullptr);
}

// A name that ends at a zero would be another column's.
TEST(MysqlPacket, RefusesNamesThatWouldBeCut)
{
	std::string const end("\0\x0c\x2d\0\x90\0\0\0\xfe\0\0\0", 12);
	std::string const begin(4, '\0');
	MysqlColumnDefinition column;
	std::string const zero = begin + std::string("\x03i\0d", 4) + end;
	EXPECT_NE(ReadMysqlColumn(Packet(zero), false, &column), nullptr);
	std::string const longest = begin + std::string("\xfc\0\x04", 3) + std::string(1024, 'n') + end;
	EXPECT_EQ(ReadMysqlColumn(Packet(longest), false, &column), nullptr);
	std::string const longer = begin + std::string("\xfc\x01\x04", 3) + std::string(1025, 'n') + end;
	EXPECT_NE(ReadMysqlColumn(Packet(longer), false, &column), nullptr);
}

TEST(MysqlPacket, TellsOnlyWhatTheServerReadsAsMeant)
{
	constexpr size_t kLongestProgram = 250 - 14;
	EXPECT_GT(LoginLength("reader", "mysql_native_password", "pg_sluice"), kMysqlTlsRequest);
	EXPECT_GT(LoginLength("reader", "p", std::string(kLongestProgram, 'x')), kMysqlTlsRequest);
	EXPECT_EQ(LoginLength("reader", "p", std::string(kLongestProgram + 1, 'x')), 0U);
	EXPECT_EQ(LoginLength("reader", "p", std::string(300, 'x')), 0U);
	EXPECT_EQ(LoginLength(std::string("read\0er", 7), "p", "pg_sluice"), 0U);
	EXPECT_EQ(LoginLength("reader", std::string("p\0q", 3), "pg_sluice"), 0U);
	EXPECT_EQ(LoginLength(std::string(kMysqlLongestLogin, 'u'), "p", "pg_sluice"), 0U);
}

} // namespace
} // namespace sluice
