// Time-ordered ids (RFC 9562 version 7) and their text. Pure: clock and randomness are handed in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

using UuidBytes = std::array<uint8_t, 16>;
using UuidRandom = std::array<uint8_t, 10>;

inline constexpr uint32_t kMaxUuidCounter = 0xFFF;

// 48 bits of time, 12 bits of counter, 62 random bits (the last eight bytes handed in).
std::string UuidV7(int64_t unix_milliseconds, uint32_t counter, const UuidRandom &random);

std::string FormatUuid(const UuidBytes &bytes);
// Every spelling that the server's uuid type accepts: any case, braces, hyphens after groups of four.
std::optional<UuidBytes> ParseUuid(std::string_view text);

// Makes ids that sort in the order they were made, also within a millisecond and when the clock steps
// back. One per process; constant-initialized.
class UuidGenerator {
public:
	constexpr UuidGenerator() = default;
	std::string Next(int64_t unix_milliseconds, const UuidRandom &random);

private:
	int64_t last_milliseconds_ = -1;
	uint32_t counter_ = 0;
};

} // namespace sluice
