// The frames of PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"): header, rows, trailer. What
// comes over the wire is not trusted: every count and length is checked here, before anything looks at a value.
// Plain data and no allocation, for the decoder's hot loop.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace sluice {

inline uint16_t
WireInt16(const char *data)
{
	static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);
	uint16_t value;
	std::memcpy(&value, data, sizeof(value));
	return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}

inline uint32_t
WireInt32(const char *data)
{
	uint32_t value;
	std::memcpy(&value, data, sizeof(value));
	return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
}

inline uint64_t
WireInt64(const char *data)
{
	uint64_t value;
	std::memcpy(&value, data, sizeof(value));
	return std::endian::native == std::endian::little ? __builtin_bswap64(value) : value;
}

// Nothing but bytes from 0x01 to 0x7F, which every server encoding takes as they are.
inline bool
IsPlainAscii(const char *data, int64_t length)
{
	constexpr uint64_t kHigh = 0x8080808080808080;
	constexpr uint64_t kAlmost = 0x7F7F7F7F7F7F7F7F;
	uint64_t high = 0;
	uint64_t not_zero = kHigh;
	int64_t i = 0;
	for (; i + 8 <= length; i += 8) {
		uint64_t chunk;
		std::memcpy(&chunk, data + i, sizeof(chunk));
		high |= chunk;
		// Of the bytes below 0x80 only zero does not reach the high bit; what others carry over does not matter.
		not_zero &= chunk + kAlmost;
	}
	for (; i < length; ++i) {
		auto const byte = static_cast<unsigned char>(data[i]);
		high |= byte;
		not_zero &= byte == 0 ? 0 : kHigh;
	}
	return (high & kHigh) == 0 && (not_zero & kHigh) == kHigh;
}

// What is left of one message.
struct WireCursor {
	char *at;
	const char *end;

	int64_t Left() const { return end - at; }
};

// NULL, or what is wrong with the message, as a sentence for an error's detail.
using WireFault = const char *;

// The header that comes before the first row.
inline WireFault
TakeCopyHeader(WireCursor *cursor)
{
	constexpr char kSignature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', '\377', '\r', '\n', '\0'};
	constexpr int kLength = sizeof(kSignature) + 4 + 4;
	if (cursor->Left() < kLength || std::memcmp(cursor->at, kSignature, sizeof(kSignature)) != 0) {
		return "The COPY signature is missing.";
	}
	uint32_t const flags = WireInt32(cursor->at + sizeof(kSignature));
	uint32_t const extension = WireInt32(cursor->at + sizeof(kSignature) + 4);
	if (flags != 0 || extension > cursor->Left() - kLength) {
		return "The COPY header is not understood.";
	}
	cursor->at += kLength + extension;
	return nullptr;
}

// The start of a row with that many fields, or the trailer.
inline WireFault
TakeCopyRow(WireCursor *cursor, int fields, bool *trailer)
{
	if (cursor->Left() < 2) {
		return "The row has no field count.";
	}
	auto const count = static_cast<int16_t>(WireInt16(cursor->at));
	cursor->at += 2;
	*trailer = count == -1;
	if (*trailer) {
		return cursor->Left() == 0 ? nullptr : "There is data after the end of the rows.";
	}
	return count == fields ? nullptr : "The row has another number of fields than was asked for.";
}

// One field of a row: where its value is and how long, or -1 for a null.
inline WireFault
TakeCopyField(WireCursor *cursor, char **data, int *length)
{
	if (cursor->Left() < 4) {
		return "The row ends before its last field.";
	}
	*length = static_cast<int32_t>(WireInt32(cursor->at));
	cursor->at += 4;
	*data = cursor->at;
	if (*length == -1) {
		return nullptr;
	}
	if (*length < 0 || *length > cursor->Left()) {
		return "A field is longer than its row.";
	}
	cursor->at += *length;
	return nullptr;
}

inline WireFault
EndCopyRow(const WireCursor *cursor)
{
	return cursor->Left() == 0 ? nullptr : "The row goes on after its last field.";
}

} // namespace sluice
