// Any bytes as messages of a binary COPY: every field that is found lies within its message, and a value that is
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
#include "core/json_plain.hpp"
#include "core/numeric_wire.hpp"
#include "core/value_wire.hpp"

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

uint32_t
WordAt(const std::vector<char> &stored, size_t at)
{
	uint32_t word = 0;
	Require(at + sizeof(word) <= stored.size());
	std::memcpy(&word, &stored[at], sizeof(word));
	return word;
}

// A container of a jsonb at that place: its entries cover its content without a gap or an overlap.
void
CheckContainer(const std::vector<char> &stored, size_t at, size_t end)
{
	constexpr uint32_t kLength = 0x0FFFFFFF;
	constexpr uint32_t kObject = 0x20000000;
	at = (at + 3) / 4 * 4;
	uint32_t const header = WordAt(stored, at);
	uint32_t const entries = (header & kLength) * ((header & kObject) != 0 ? 2 : 1);
	size_t const content = at + 4 + entries * size_t{4};
	size_t child = content;
	for (uint32_t i = 0; i < entries; ++i) {
		uint32_t const entry = WordAt(stored, at + 4 + i * size_t{4});
		Require((entry >> 31 != 0) == (i % 32 == 0));
		size_t const next = (entry >> 31 != 0 ? content : child) + (entry & kLength);
		Require(next >= child && next <= end);
		if ((entry & 0x70000000) == 0x50000000) {
			CheckContainer(stored, child, next);
		}
		child = next;
	}
	Require(child == end);
}

void
CheckJson(const char *data, int length)
{
	static auto const json = std::make_unique<sluice::PlainJson>();
	if (sluice::ReadPlainJson(data, length, json.get())) {
		uint32_t const size = sluice::WriteJsonb(json.get());
		Require(size <= sizeof(json->stored));
		if (size > 0) {
			CheckContainer(std::vector<char>(json->stored, json->stored + size), 4, size);
		}
	}
}

void
CheckText(const char *data, int length)
{
	std::vector<uint16_t> stored(std::min(length / 4 + 3, sluice::kMaxTextWords));
	int const words = sluice::NumericFromText(data, length, reinterpret_cast<char *>(stored.data()));
	Require(words >= 0 && words <= static_cast<int>(stored.size()));
	Require(words < 2 || (stored[1] != 0 && stored[words - 1] != 0));
}

void
CheckArray(char *data, int length)
{
	sluice::WireCursor elements{};
	int count = 0;
	if (!sluice::TakeWireArray(data, length, 23, &elements, &count)) {
		return;
	}
	Require(count >= 0 && count <= length / 4);
	for (int i = 0; i < count; ++i) {
		char *at = nullptr;
		int size = 0;
		if (sluice::TakeCopyField(&elements, &at, &size) != nullptr) {
			return;
		}
		Require(size < 0 || (at >= data && at + size <= data + length));
	}
}

void
CheckValue(char *data, int length)
{
	CheckNumeric(data, length);
	CheckJson(data, length);
	CheckText(data, length);
	CheckArray(data, length);
	for (bool const is_cidr : {false, true}) {
		char stored[sluice::kMaxStoredInet];
		int const size = sluice::InetFromWire(data, length, is_cidr, stored);
		Require(size == 0 || size == 6 || size == 18);
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
			CheckValue(data, length);
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
