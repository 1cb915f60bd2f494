#include "core/json_plain.hpp"

#include <cstring>

#include "core/ascii.hpp"

namespace sluice {

namespace {

struct JsonReader {
	PlainJson *json;
	const char *at;
	const char *end;
	int depth;
};

void
SkipBlanks(JsonReader *reader)
{
	while (reader->at < reader->end &&
		   (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n' || *reader->at == '\r')) {
		++reader->at;
	}
}

bool
Take(JsonReader *reader, char wanted)
{
	if (reader->at == reader->end || *reader->at != wanted) {
		return false;
	}
	++reader->at;
	return true;
}

// NULL when there is no room for another one.
JsonNode *
AddNode(JsonReader *reader, JsonKind kind)
{
	PlainJson *json = reader->json;
	if (json->count == kPlainJsonNodes) {
		return nullptr;
	}
	JsonNode *node = &json->nodes[json->count++];
	*node = {kind, static_cast<uint32_t>(reader->at - json->text), 0, json->count};
	return node;
}

// Whether one of eight bytes ends a string or is none that a plain one may hold; never no where it is yes.
bool
HasStop(const char *data)
{
	constexpr uint64_t kOnes = 0x0101010101010101;
	uint64_t chunk;
	std::memcpy(&chunk, data, sizeof(chunk));
	uint64_t const quote = chunk ^ (kOnes * '"');
	uint64_t const backslash = chunk ^ (kOnes * '\\');
	uint64_t const stops =
		((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | ((chunk - kOnes * ' ') & ~chunk);
	return (stops & (kOnes * 0x80)) != 0;
}

bool
ReadString(JsonReader *reader)
{
	if (!Take(reader, '"')) {
		return false;
	}
	JsonNode *node = AddNode(reader, JsonKind::String);
	if (node == nullptr) {
		return false;
	}
	const char *at = reader->at;
	while (reader->end - at >= 8 && !HasStop(at)) {
		at += 8;
	}
	while (at < reader->end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= ' ') {
		++at;
	}
	node->length = static_cast<uint32_t>(at - reader->at);
	reader->at = at;
	return Take(reader, '"');
}

const char *
SkipDigits(const char *at, const char *end)
{
	while (at < end && IsDigit(*at)) {
		++at;
	}
	return at;
}

bool
ReadNumber(JsonReader *reader)
{
	JsonNode *node = AddNode(reader, JsonKind::Number);
	if (node == nullptr) {
		return false;
	}
	const char *const whole = reader->at + (*reader->at == '-' ? 1 : 0);
	const char *at = SkipDigits(whole, reader->end);
	if (at == whole || (*whole == '0' && at - whole > 1)) {
		return false;
	}
	if (at < reader->end && *at == '.') {
		const char *const fraction = at + 1;
		at = SkipDigits(fraction, reader->end);
		if (at == fraction) {
			return false;
		}
	}
	// What follows is a blank or one of ,]} or else the caller finds what it does not expect.
	node->length = static_cast<uint32_t>(at - reader->at);
	reader->at = at;
	return true;
}

bool
ReadWord(JsonReader *reader, JsonKind kind, const char *word, int length)
{
	if (AddNode(reader, kind) == nullptr || reader->end - reader->at < length ||
		std::memcmp(reader->at, word, length) != 0) {
		return false;
	}
	reader->at += length;
	return true;
}

bool ReadValue(JsonReader *reader);

bool
ReadMember(JsonReader *reader, bool is_object)
{
	if (is_object) {
		SkipBlanks(reader);
		if (!ReadString(reader)) {
			return false;
		}
		SkipBlanks(reader);
		if (!Take(reader, ':')) {
			return false;
		}
	}
	return ReadValue(reader);
}

bool
ReadContainer(JsonReader *reader, JsonKind kind)
{
	JsonNode *node = AddNode(reader, kind);
	if (node == nullptr || reader->depth == kPlainJsonDepth) {
		return false;
	}
	++reader->depth;
	++reader->at;
	char const close = kind == JsonKind::Object ? '}' : ']';
	SkipBlanks(reader);
	if (!Take(reader, close)) {
		do {
			if (!ReadMember(reader, kind == JsonKind::Object)) {
				return false;
			}
			++node->length;
			SkipBlanks(reader);
		} while (Take(reader, ','));
		if (!Take(reader, close)) {
			return false;
		}
	}
	--reader->depth;
	node->next = reader->json->count;
	return true;
}

bool
ReadValue(JsonReader *reader)
{
	SkipBlanks(reader);
	if (reader->at == reader->end) {
		return false;
	}
	switch (*reader->at) {
	case '{':
		return ReadContainer(reader, JsonKind::Object);
	case '[':
		return ReadContainer(reader, JsonKind::Array);
	case '"':
		return ReadString(reader);
	case 't':
		return ReadWord(reader, JsonKind::True, "true", 4);
	case 'f':
		return ReadWord(reader, JsonKind::False, "false", 5);
	case 'n':
		return ReadWord(reader, JsonKind::Null, "null", 4);
	default:
		return ReadNumber(reader);
	}
}

} // namespace

bool
ReadPlainJson(const char *text, int64_t length, PlainJson *json)
{
	if (length > kPlainJsonText) {
		return false;
	}
	json->text = text;
	json->count = 0;
	JsonReader reader{json, text, text + length, 0};
	if (!ReadValue(&reader)) {
		return false;
	}
	SkipBlanks(&reader);
	return reader.at == reader.end;
}

} // namespace sluice
