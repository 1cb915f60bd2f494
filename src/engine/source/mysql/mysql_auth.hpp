// What proves to a MySQL server that we know a password, without telling it the password. Raises nothing.
#pragma once

#include "core/mysql_packet.hpp"

namespace sluice::engine::leaf {

constexpr size_t kMysqlLongestAnswer = 64;

struct MysqlAnswer {
	unsigned char bytes[kMysqlLongestAnswer];
	size_t length; // 0: an empty password has an empty answer
};

// SHA1 of the scramble and of hashes of the password, mixed.
bool AnswerNative(std::string_view password, const unsigned char *scramble, MysqlAnswer *answer);
// The same with SHA256.
bool AnswerCachingSha2(std::string_view password, const unsigned char *scramble, MysqlAnswer *answer);
// MariaDB's ed25519: a signature of the scramble, by a key made from the password.
bool SignEd25519(std::string_view password, std::string_view scramble, MysqlAnswer *answer);
// MariaDB's parsec: a signature of both sides' scrambles, by a key that is derived with salt and many rounds.
constexpr size_t kParsecScramble = mysql::kLongScramble;
constexpr size_t kParsecAnswer = kParsecScramble + 64;
bool SignParsec(std::string_view password, const unsigned char *scramble, std::string_view salt, unsigned char *answer);
// The password with its zero, mixed with the scramble and encrypted with a PEM's RSA key; its length, 0: it cannot be.
size_t EncryptPassword(std::string_view password, const unsigned char *scramble, std::string_view pem,
					   unsigned char *encrypted, size_t size);

} // namespace sluice::engine::leaf
