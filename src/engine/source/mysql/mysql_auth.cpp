#include "engine/source/mysql/mysql_auth.hpp"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

namespace sluice::engine::leaf {

namespace {

constexpr size_t kKey = 32;
constexpr size_t kSignature = 64;
constexpr size_t kSha512 = 64;

// One hash over several pieces.
bool
Hash(const EVP_MD *method, std::initializer_list<std::string_view> pieces, unsigned char *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != nullptr && EVP_DigestInit_ex(context, method, nullptr) == 1;
	for (std::string_view const piece : pieces) {
		good = good && EVP_DigestUpdate(context, piece.data(), piece.size()) == 1;
	}
	good = good && EVP_DigestFinal_ex(context, digest, nullptr) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

std::string_view
View(const unsigned char *bytes, size_t length)
{
	return {reinterpret_cast<const char *>(bytes), length};
}

// H(password) XOR H(first, second), where one of the two is the scramble and the other H(H(password)).
bool
Mix(const EVP_MD *method, size_t length, bool scramble_first, std::string_view password, const unsigned char *scramble,
	MysqlAnswer *answer)
{
	answer->length = 0;
	if (password.empty()) {
		return true;
	}
	unsigned char once[EVP_MAX_MD_SIZE];
	unsigned char twice[EVP_MAX_MD_SIZE];
	unsigned char mixed[EVP_MAX_MD_SIZE];
	std::string_view const asked = View(scramble, mysql::kScramble);
	bool good = Hash(method, {password}, once) && Hash(method, {View(once, length)}, twice);
	std::string_view const known = View(twice, length);
	good = good && (scramble_first ? Hash(method, {asked, known}, mixed) : Hash(method, {known, asked}, mixed));
	for (size_t i = 0; i < length; ++i) {
		answer->bytes[i] = once[i] ^ mixed[i];
	}
	answer->length = length;
	OPENSSL_cleanse(once, sizeof(once));
	return good;
}

// Points of the curve as extended coordinates, on OpenSSL's numbers: its own signatures take no key of another form.
struct Point {
	BIGNUM *x;
	BIGNUM *y;
	BIGNUM *z;
	BIGNUM *t;
};

struct Curve {
	BN_CTX *context;
	BIGNUM *prime;
	BIGNUM *order;
	BIGNUM *twice_d;
	Point base;
};

Point
NewPoint(BN_CTX *context)
{
	return {BN_CTX_get(context), BN_CTX_get(context), BN_CTX_get(context), BN_CTX_get(context)};
}

bool
BeginCurve(Curve *curve)
{
	curve->context = BN_CTX_secure_new();
	if (curve->context == nullptr) {
		return false;
	}
	BN_CTX_start(curve->context);
	curve->prime = BN_CTX_get(curve->context);
	curve->order = BN_CTX_get(curve->context);
	curve->twice_d = BN_CTX_get(curve->context);
	curve->base = NewPoint(curve->context);
	return curve->base.t != nullptr &&
		   BN_hex2bn(&curve->prime, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed") > 0 &&
		   BN_hex2bn(&curve->order, "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed") > 0 &&
		   BN_hex2bn(&curve->twice_d, "2406d9dc56dffce7198e80f2eef3d13000e0149a8283b156ebd69b9426b2f159") > 0 &&
		   BN_hex2bn(&curve->base.x, "216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a") > 0 &&
		   BN_hex2bn(&curve->base.y, "6666666666666666666666666666666666666666666666666666666666666658") > 0 &&
		   BN_one(curve->base.z) == 1 &&
		   BN_mod_mul(curve->base.t, curve->base.x, curve->base.y, curve->prime, curve->context) == 1;
}

void
EndCurve(Curve *curve)
{
	if (curve->context != nullptr) {
		BN_CTX_end(curve->context);
		BN_CTX_free(curve->context);
	}
}

// sum = left + right; all may be the same.
bool
AddPoints(const Curve *curve, const Point *left, const Point *right, Point *sum)
{
	BN_CTX *const c = curve->context;
	const BIGNUM *const p = curve->prime;
	BN_CTX_start(c);
	BIGNUM *a = BN_CTX_get(c);
	BIGNUM *b = BN_CTX_get(c);
	BIGNUM *e = BN_CTX_get(c);
	BIGNUM *f = BN_CTX_get(c);
	BIGNUM *g = BN_CTX_get(c);
	BIGNUM *h = BN_CTX_get(c);
	BIGNUM *u = BN_CTX_get(c);
	bool const good = u != nullptr && BN_mod_sub(a, left->y, left->x, p, c) == 1 &&
					  BN_mod_sub(u, right->y, right->x, p, c) == 1 && BN_mod_mul(a, a, u, p, c) == 1 &&
					  BN_mod_add(b, left->y, left->x, p, c) == 1 && BN_mod_add(u, right->y, right->x, p, c) == 1 &&
					  BN_mod_mul(b, b, u, p, c) == 1 && BN_mod_mul(u, left->t, right->t, p, c) == 1 &&
					  BN_mod_mul(u, u, curve->twice_d, p, c) == 1 && BN_mod_sub(e, b, a, p, c) == 1 &&
					  BN_mod_add(h, b, a, p, c) == 1 && BN_mod_mul(a, left->z, right->z, p, c) == 1 &&
					  BN_mod_lshift1(a, a, p, c) == 1 && BN_mod_sub(f, a, u, p, c) == 1 &&
					  BN_mod_add(g, a, u, p, c) == 1 && BN_mod_mul(sum->x, e, f, p, c) == 1 &&
					  BN_mod_mul(sum->y, g, h, p, c) == 1 && BN_mod_mul(sum->t, e, h, p, c) == 1 &&
					  BN_mod_mul(sum->z, f, g, p, c) == 1;
	BN_CTX_end(c);
	return good;
}

void
Put(const BIGNUM *number, unsigned char *bytes)
{
	(void)BN_bn2lebinpad(number, bytes, kKey);
}

// scalar times the base point, in the form that travels. Each bit costs the same.
bool
MultiplyBase(const Curve *curve, const BIGNUM *scalar, unsigned char *packed)
{
	constexpr int kBits = 256;
	BN_CTX *const c = curve->context;
	BN_CTX_start(c);
	Point result = NewPoint(c);
	Point other = NewPoint(c);
	bool good = other.t != nullptr && BN_one(result.y) == 1 && BN_one(result.z) == 1;
	if (good) {
		BN_zero(result.x);
		BN_zero(result.t);
	}
	for (int bit = kBits - 1; good && bit >= 0; --bit) {
		good = AddPoints(curve, &result, &result, &result) && AddPoints(curve, &result, &curve->base, &other);
		if (BN_is_bit_set(scalar, bit) != 0) {
			std::swap(result, other);
		}
	}
	good = good && BN_mod_inverse(result.z, result.z, curve->prime, c) != nullptr &&
		   BN_mod_mul(result.x, result.x, result.z, curve->prime, c) == 1 &&
		   BN_mod_mul(result.y, result.y, result.z, curve->prime, c) == 1;
	if (good) {
		Put(result.y, packed);
		packed[kKey - 1] |= BN_is_odd(result.x) != 0 ? 0x80 : 0;
	}
	BN_CTX_end(c);
	return good;
}

// H(pieces) as a number below the order.
bool
HashToScalar(const Curve *curve, std::initializer_list<std::string_view> pieces, BIGNUM *scalar)
{
	unsigned char digest[kSha512];
	return Hash(EVP_sha512(), pieces, digest) && BN_lebin2bn(digest, kSha512, scalar) != nullptr &&
		   BN_nnmod(scalar, scalar, curve->order, curve->context) == 1;
}

bool
SignOnCurve(const Curve *curve, std::string_view password, std::string_view scramble, unsigned char *signature)
{
	BN_CTX *const c = curve->context;
	BIGNUM *const secret = BN_CTX_get(c);
	BIGNUM *const nonce = BN_CTX_get(c);
	BIGNUM *const sum = BN_CTX_get(c);
	unsigned char expanded[kSha512];
	unsigned char public_key[kKey];
	if (sum == nullptr || !Hash(EVP_sha512(), {password}, expanded)) {
		return false;
	}
	expanded[0] &= 0xf8;
	expanded[kKey - 1] = (expanded[kKey - 1] & 0x3f) | 0x40;
	bool const good =
		BN_lebin2bn(expanded, kKey, secret) != nullptr && MultiplyBase(curve, secret, public_key) &&
		HashToScalar(curve, {View(expanded + kKey, kKey), scramble}, nonce) && MultiplyBase(curve, nonce, signature) &&
		HashToScalar(curve, {View(signature, kKey), View(public_key, kKey), scramble}, sum) &&
		BN_mod_mul(sum, sum, secret, curve->order, c) == 1 && BN_mod_add(sum, sum, nonce, curve->order, c) == 1;
	if (good) {
		Put(sum, signature + kKey);
	}
	OPENSSL_cleanse(expanded, sizeof(expanded));
	return good;
}

EVP_PKEY *
ReadPublicKey(std::string_view pem)
{
	BIO *bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
	EVP_PKEY *key = bio == nullptr ? nullptr : PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
	BIO_free(bio);
	return key;
}

} // namespace

bool
AnswerNative(std::string_view password, const unsigned char *scramble, MysqlAnswer *answer)
{
	constexpr size_t kSha1 = 20;
	return Mix(EVP_sha1(), kSha1, true, password, scramble, answer);
}

bool
AnswerCachingSha2(std::string_view password, const unsigned char *scramble, MysqlAnswer *answer)
{
	constexpr size_t kSha256 = 32;
	return Mix(EVP_sha256(), kSha256, false, password, scramble, answer);
}

bool
SignEd25519(std::string_view password, std::string_view scramble, MysqlAnswer *answer)
{
	Curve curve{};
	answer->length = kSignature;
	bool const good = BeginCurve(&curve) && SignOnCurve(&curve, password, scramble, answer->bytes);
	EndCurve(&curve);
	ERR_clear_error();
	return good;
}

bool
SignParsec(std::string_view password, const unsigned char *scramble, std::string_view salt, unsigned char *answer)
{
	// 'P', a factor of the rounds, the salt.
	constexpr size_t kLongestSalt = 64;
	constexpr int kMostFactor = 3;
	constexpr int kRounds = 1024;
	if (salt.size() < 3 || salt.size() > kLongestSalt || salt[0] != 'P' || salt[1] < 0 || salt[1] > kMostFactor) {
		return false;
	}
	auto const *const salt_bytes = reinterpret_cast<const unsigned char *>(salt.data()) + 2;
	unsigned char secret[kKey];
	unsigned char both[2 * kParsecScramble];
	std::copy_n(scramble, kParsecScramble, both);
	bool good =
		RAND_bytes(answer, kParsecScramble) == 1 &&
		PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt_bytes,
						  static_cast<int>(salt.size()) - 2, kRounds << salt[1], EVP_sha512(), kKey, secret) == 1;
	std::copy_n(answer, kParsecScramble, both + kParsecScramble);
	EVP_PKEY *key = good ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret, kKey) : nullptr;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = kSignature;
	good = key != nullptr && context != nullptr && EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
		   EVP_DigestSign(context, answer + kParsecScramble, &length, both, sizeof(both)) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	OPENSSL_cleanse(secret, sizeof(secret));
	ERR_clear_error();
	return good;
}

size_t
EncryptPassword(std::string_view password, const unsigned char *scramble, std::string_view pem,
				unsigned char *encrypted, size_t size)
{
	constexpr int kMostBits = 8192;
	constexpr size_t kLongestPassword = 512;
	unsigned char mixed[kLongestPassword + 1] = {};
	if (password.size() > kLongestPassword || pem.size() > size) {
		return 0;
	}
	std::copy(password.begin(), password.end(), mixed);
	size_t const bytes = password.size() + 1;
	for (size_t i = 0; i < bytes; ++i) {
		mixed[i] ^= scramble[i % mysql::kScramble];
	}
	EVP_PKEY *key = ReadPublicKey(pem);
	bool const fits =
		key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) <= kMostBits;
	EVP_PKEY_CTX *context = fits ? EVP_PKEY_CTX_new(key, nullptr) : nullptr;
	size_t length = size;
	bool const good = context != nullptr && EVP_PKEY_encrypt_init(context) == 1 &&
					  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
					  EVP_PKEY_encrypt(context, encrypted, &length, mixed, bytes) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	OPENSSL_cleanse(mixed, sizeof(mixed));
	ERR_clear_error();
	return good ? length : 0;
}

} // namespace sluice::engine::leaf
