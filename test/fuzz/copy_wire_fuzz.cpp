// Any bytes as messages of a binary COPY: every field that is found lies within its message, and a numeric that is
// converted is one that the server could have stored.
//   input: fields in a row (1 byte), then messages, each a length (2 bytes) and that many bytes
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "core/copy_wire.hpp"
#include "core/numeric_wire.hpp"

namespace {

void
Require(bool holds)
{
	if (!holds) {
		std::abort();
	}
}

void
CheckNumeric(const char *data, int length)
{
	for (int32_t const modifier : {-1, ((10 << 16) | 2) + 4, ((1000 << 16) | 0x7FF) + 4}) {
		int const words = sluice::NumericWords(data, length, modifier);
		if (words == 0) {
			continue;
		}
		Require(words <= length / 2);
		// Exactly as large as it says: a sanitizer sees every word too many.
		std::vector<uint16_t> stored(words);
		if (sluice::NumericFromWire(data, words, reinterpret_cast<char *>(stored.data()))) {
			Require((stored[0] & 0xC000) == 0x8000);
			for (int i = 1; i < words; ++i) {
				Require(stored[i] < 10000);
			}
			Require(words == 1 || (stored[1] != 0 && stored[words - 1] != 0));
		}
	}
}

// False after which a reader would raise.
bool
TakeMessage(const char *bytes, size_t size, int fields, bool *header, bool *trailer)
{
	std::unique_ptr<char[]> const message(new char[size]);
	std::memcpy(message.get(), bytes, size);
	sluice::WireCursor cursor{message.get(), message.get() + size};
	if (!*header) {
		if (sluice::TakeCopyHeader(&cursor) != nullptr) {
			return false;
		}
		*header = true;
		if (cursor.Left() == 0) {
			return true;
		}
	}
	if (sluice::TakeCopyRow(&cursor, fields, trailer) != nullptr) {
		return false;
	}
	if (*trailer) {
		Require(cursor.Left() == 0);
		return false;
	}
	for (int i = 0; i < fields; ++i) {
		char *data = nullptr;
		int length = 0;
		if (sluice::TakeCopyField(&cursor, &data, &length) != nullptr) {
			return false;
		}
		Require(length >= -1 && data >= message.get() && (length < 0 || data + length <= cursor.end));
		if (length >= 0) {
			CheckNumeric(data, length);
		}
	}
	return sluice::EndCopyRow(&cursor) == nullptr;
}

} // namespace

extern "C" int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	int const fields = data[0];
	bool header = false;
	bool trailer = false;
	size_t at = 1;
	while (size - at >= 2) {
		size_t const wanted = data[at] * 256U + data[at + 1];
		size_t const length = std::min(wanted, size - at - 2);
		if (!TakeMessage(reinterpret_cast<const char *>(data) + at + 2, length, fields, &header, &trailer)) {
			return 0;
		}
		at += 2 + length;
	}
	return 0;
}
