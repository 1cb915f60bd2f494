// Values of types that have a head of their own on the wire. Where one is not exactly of the usual form it is left to
// the type's receive function, which takes it or says what is wrong. Plain data and no allocation, for the decoder's
// hot loop.
#pragma once

#include "core/copy_wire.hpp"

namespace sluice {

// An inet or cidr: family, bits, is_cidr, bytes of the address, the address. Stored: family, bits, address.
inline constexpr int kMaxStoredInet = 18;

// Returns how many bytes it has written, 0: left to the receive function.
inline int
InetFromWire(const char *data, int length, bool is_cidr, char *stored)
{
	constexpr int kHead = 4;
	constexpr char kVersion4 = 2;
	constexpr char kVersion6 = 3;
	if (length < kHead) {
		return 0;
	}
	int const bytes = data[0] == kVersion4 ? 4 : data[0] == kVersion6 ? 16 : 0;
	int const bits = static_cast<unsigned char>(data[1]);
	if (bytes == 0 || data[3] != bytes || length != kHead + bytes || bits > bytes * 8) {
		return 0;
	}
	const char *const address = data + kHead;
	// A network has nothing behind its bits.
	for (int i = bits / 8; is_cidr && i < bytes; ++i) {
		int const hosts = i == bits / 8 ? 0xFF >> bits % 8 : 0xFF;
		if ((static_cast<unsigned char>(address[i]) & hosts) != 0) {
			return 0;
		}
	}
	stored[0] = data[0];
	stored[1] = data[1];
	std::memcpy(stored + 2, address, bytes);
	return 2 + bytes;
}

// An array without elements, or of one dimension that begins at 1, all of whose elements may be there: each is a field
// as of a row. False: left to the receive function.
inline bool
TakeWireArray(char *data, int length, uint32_t element_type, WireCursor *elements, int *count)
{
	constexpr int kHead = 12;
	constexpr int kDimension = 8;
	constexpr int kElementHead = 4;
	if (length < kHead || WireInt32(data + 4) > 1 || WireInt32(data + 8) != element_type) {
		return false;
	}
	uint32_t const dimensions = WireInt32(data);
	*count = 0;
	*elements = {data + kHead, data + length};
	if (dimensions == 0) {
		return length == kHead;
	}
	if (dimensions != 1 || length < kHead + kDimension || WireInt32(data + kHead + 4) != 1) {
		return false;
	}
	*count = static_cast<int32_t>(WireInt32(data + kHead));
	elements->at += kDimension;
	return *count > 0 && *count <= elements->Left() / kElementHead;
}

} // namespace sluice
