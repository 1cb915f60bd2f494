#include "pg/remote_text.hpp"

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"

namespace sluice::pg {

namespace {

// So much is looked at. A secret that this cuts in two is cut off whole.
constexpr size_t kLookedAt = 4 * kOutsideTextLimit;
constexpr size_t kLongestSecret = 2048;

int
DatabaseCharacterLength(std::string_view text)
{
	return pg_encoding_verifymbchar(GetDatabaseEncoding(), text.data(), static_cast<int>(text.size()));
}

CharacterLength
LengthInDatabase()
{
	return GetDatabaseEncoding() == PG_UTF8 ? Utf8CharacterLength : DatabaseCharacterLength;
}

std::string
CleanedOf(std::string_view text, CharacterLength length, size_t limit = kOutsideTextLimit)
{
	std::string known = Redact(text.substr(0, kLookedAt));
	if (text.size() > kLookedAt) {
		known.resize(known.size() > kLongestSecret ? known.size() - kLongestSecret : 0);
		known += "...";
	}
	return CleanText(known, limit, length);
}

} // namespace

std::string
OutsideText(std::string_view text, size_t limit)
{
	return CleanedOf(text, LengthInDatabase(), limit);
}

std::string
OutsideUtf8(std::string_view text)
{
	return CleanedOf(text, Utf8CharacterLength);
}

void
CheckOutsideText(std::string_view text, const std::string &server)
{
	if (!IsValidText(text, LengthInDatabase())) {
		throw Error(sqlstate::kProtocolViolation,
					Format("server \"{}\" sent a name or a value that is not valid in encoding \"{}\"", server,
						   GetDatabaseEncodingName()),
					"Look at the names there, or at what the server is.", Format("It reads: {}", OutsideText(text)));
	}
}

void
CheckOutsideUtf8(std::string_view text, const std::string &server)
{
	if (!IsValidText(text)) {
		// Once more, for this database's encoding: what is not ASCII may mean nothing there.
		throw Error(sqlstate::kProtocolViolation,
					Format("server \"{}\" sent a name or a value that is not valid UTF-8", server),
					"Look at the names there, or at what the server is.",
					Format("It reads: {}", OutsideText(OutsideUtf8(text))));
	}
}

namespace leaf {

const char *
CleanedText(const char *text) noexcept
{
	try {
		std::string const clean = OutsideText(text);
		auto *copy =
			static_cast<char *>(MemoryContextAllocExtended(CurrentMemoryContext, clean.size() + 1, MCXT_ALLOC_NO_OOM));
		if (copy != nullptr) {
			memcpy(copy, clean.c_str(), clean.size() + 1);
			return copy;
		}
	} catch (...) {
	}
	return "out of memory";
}

void
KeepSecret(const char *secret) noexcept
{
	try {
		RememberSecret(secret != nullptr ? secret : "");
	} catch (...) {
	}
}

int
OutsideState(const char *state) noexcept
{
	for (int i = 0; i < 5; ++i) {
		if ((state[i] < '0' || state[i] > '9') && (state[i] < 'A' || state[i] > 'Z')) {
			return ERRCODE_INTERNAL_ERROR;
		}
	}
	bool const no_error = state[0] == '0' && state[1] >= '0' && state[1] <= '2';
	bool const ours = state[0] == 'S' && state[1] == 'L';
	return state[5] != '\0' || no_error || ours ? ERRCODE_INTERNAL_ERROR
												: MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
}

} // namespace leaf

} // namespace sluice::pg
