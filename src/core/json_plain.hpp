// JSON of the plain kind, which is nearly all that travels: no backslash in its strings, no exponent in its numbers,
// not deep and not large. From it a json is known to be valid, and a jsonb is built in the form in which the server
// stores it. All else is left to the server's own functions. Plain data and no allocation, for the decoder's hot loop.
#pragma once

#include <cstdint>

namespace sluice {

inline constexpr int kPlainJsonText = 64 * 1024;
inline constexpr int kPlainJsonNodes = 8 * 1024;
inline constexpr int kPlainJsonDepth = 64;

enum class JsonKind : uint8_t { Null, False, True, Number, String, Array, Object };

struct JsonNode {
	JsonKind kind;
	uint32_t start;	 // of a scalar, in the text
	uint32_t length; // bytes of a scalar, elements of an array, pairs of an object
	uint32_t next;	 // the node behind this one and all that it holds
};

// Working memory for one text at a time.
struct PlainJson {
	const char *text;
	uint32_t count;
	JsonNode nodes[kPlainJsonNodes]; // in the order of the text: a pair's value follows its key
	uint32_t keys[kPlainJsonNodes];	 // of the objects being written
	// A node takes 17 bytes at most (its entry, padding, a number's head or a container's) beside those of its text.
	alignas(8) char stored[8 + kPlainJsonNodes * 17 + kPlainJsonText];
};

// The text has been verified against the encoding. False: only the server can tell what it is.
bool ReadPlainJson(const char *text, int64_t length, PlainJson *json);

// After that has returned true: the stored form of the jsonb in json->stored, the first four bytes left for its length
// word. Returns its bytes, 0: only the server can build it.
uint32_t WriteJsonb(PlainJson *json);

} // namespace sluice
