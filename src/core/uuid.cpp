#include "core/uuid.hpp"

namespace sluice {

namespace {

int
HexDigit(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	if (c >= 'a' && c <= 'f') {
		return c - 'a' + 10;
	}
	if (c >= 'A' && c <= 'F') {
		return c - 'A' + 10;
	}
	return -1;
}

} // namespace

std::string
FormatUuid(const UuidBytes &bytes)
{
	constexpr std::string_view kDigits = "0123456789abcdef";
	std::string text;
	text.reserve(36);
	for (size_t i = 0; i < bytes.size(); ++i) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			text += '-';
		}
		text += kDigits[bytes[i] >> 4];
		text += kDigits[bytes[i] & 0xF];
	}
	return text;
}

std::optional<UuidBytes>
ParseUuid(std::string_view text)
{
	if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
		text = text.substr(1, text.size() - 2);
	}
	UuidBytes bytes = {};
	size_t digits = 0;
	bool after_hyphen = true;
	for (char const c : text) {
		if (c == '-' && !after_hyphen && digits % 4 == 0 && digits < 32) {
			after_hyphen = true;
			continue;
		}
		int const digit = HexDigit(c);
		if (digit < 0 || digits == 32) {
			return std::nullopt;
		}
		uint8_t &byte = bytes[digits / 2];
		byte = static_cast<uint8_t>(byte << 4 | digit);
		++digits;
		after_hyphen = false;
	}
	return digits == 32 ? std::optional<UuidBytes>(bytes) : std::nullopt;
}

std::string
UuidV7(int64_t unix_milliseconds, uint32_t counter, const UuidRandom &random)
{
	UuidBytes bytes = {};
	auto const milliseconds = static_cast<uint64_t>(unix_milliseconds);
	for (size_t i = 0; i < 6; ++i) {
		bytes[i] = static_cast<uint8_t>(milliseconds >> (40 - 8 * i));
	}
	bytes[6] = static_cast<uint8_t>(0x70 | ((counter >> 8) & 0x0F));
	bytes[7] = static_cast<uint8_t>(counter);
	for (size_t i = 8; i < bytes.size(); ++i) {
		bytes[i] = random[i - 6];
	}
	bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));
	return FormatUuid(bytes);
}

std::string
UuidGenerator::Next(int64_t unix_milliseconds, const UuidRandom &random)
{
	if (unix_milliseconds > last_milliseconds_) {
		last_milliseconds_ = unix_milliseconds;
		// A random start, its top bit left free, tells processes apart; half the counter is left to count.
		counter_ = (static_cast<uint32_t>(random[0]) << 8 | random[1]) & (kMaxUuidCounter >> 1);
	} else if (counter_ < kMaxUuidCounter) {
		++counter_;
	} else {
		++last_milliseconds_;
		counter_ = 0;
	}
	return UuidV7(last_milliseconds_, counter_, random);
}

} // namespace sluice
