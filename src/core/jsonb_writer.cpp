// The stored form of a jsonb (PostgreSQL's utils/jsonb.h), the same in all supported versions and on disk: a container
// is a header, an entry for each child with its type and length (every 32nd: the offset of its end), then the children.
#include <algorithm>
#include <cstring>

#include "core/json_plain.hpp"
#include "core/numeric_wire.hpp"

namespace sluice {

namespace {

constexpr uint32_t kScalarFlag = 0x10000000;
constexpr uint32_t kObjectFlag = 0x20000000;
constexpr uint32_t kArrayFlag = 0x40000000;
constexpr uint32_t kLengthMask = 0x0FFFFFFF;
constexpr uint32_t kTypeMask = 0x70000000;
constexpr uint32_t kIsString = 0x00000000;
constexpr uint32_t kIsNumber = 0x10000000;
constexpr uint32_t kIsFalse = 0x20000000;
constexpr uint32_t kIsTrue = 0x30000000;
constexpr uint32_t kIsNull = 0x40000000;
constexpr uint32_t kIsContainer = 0x50000000;
constexpr uint32_t kHasOffset = 0x80000000;
constexpr uint32_t kOffsetStride = 32;
constexpr uint32_t kWord = 4;
constexpr uint32_t kLengthWord = 4;

struct Writer {
	PlainJson *json;
	uint32_t used;
	uint32_t keys;
	bool failed;
};

struct Entries {
	uint32_t at;	// of the next one
	uint32_t index; // of the next one
	uint32_t total; // bytes of the children so far
};

void
Pad(Writer *writer)
{
	while (writer->used % kWord != 0) {
		writer->json->stored[writer->used++] = 0;
	}
}

void
PutWord(Writer *writer, uint32_t at, uint32_t word)
{
	std::memcpy(writer->json->stored + at, &word, sizeof(word));
}

Entries
BeginContainer(Writer *writer, uint32_t header, uint32_t entries)
{
	Pad(writer);
	PutWord(writer, writer->used, header);
	uint32_t const first = writer->used + kWord;
	writer->used = first + entries * kWord;
	return {first, 0, 0};
}

void
PutEntry(Writer *writer, Entries *entries, uint32_t entry)
{
	entries->total += entry & kLengthMask;
	if (entries->index % kOffsetStride == 0) {
		entry = (entry & kTypeMask) | entries->total | kHasOffset;
	}
	PutWord(writer, entries->at, entry);
	entries->at += kWord;
	++entries->index;
}

uint32_t
WriteString(Writer *writer, const JsonNode *node)
{
	std::memcpy(writer->json->stored + writer->used, writer->json->text + node->start, node->length);
	writer->used += node->length;
	return kIsString | node->length;
}

uint32_t
WriteNumber(Writer *writer, const JsonNode *node)
{
	uint32_t const start = writer->used;
	Pad(writer);
	char *const stored = writer->json->stored + writer->used;
	int const words = NumericFromText(writer->json->text + node->start, node->length, stored + kLengthWord);
	writer->failed = writer->failed || words == 0;
	uint32_t const size = kLengthWord + sizeof(uint16_t) * words;
	PutWord(writer, writer->used, StoredLength(size));
	writer->used += size;
	return kIsNumber | (writer->used - start);
}

uint32_t WriteValue(Writer *writer, uint32_t index);

uint32_t
WriteArray(Writer *writer, uint32_t index)
{
	const JsonNode *nodes = writer->json->nodes;
	uint32_t const start = writer->used;
	uint32_t const count = nodes[index].length;
	Entries entries = BeginContainer(writer, kArrayFlag | count, count);
	uint32_t child = index + 1;
	for (uint32_t i = 0; i < count; ++i) {
		PutEntry(writer, &entries, WriteValue(writer, child));
		child = nodes[child].next;
	}
	return kIsContainer | (writer->used - start);
}

// As the server sorts keys: by length, then by bytes.
int
CompareKeys(const PlainJson *json, uint32_t left, uint32_t right)
{
	const JsonNode *a = &json->nodes[left];
	const JsonNode *b = &json->nodes[right];
	if (a->length != b->length) {
		return a->length < b->length ? -1 : 1;
	}
	return std::memcmp(json->text + a->start, json->text + b->start, a->length);
}

// The nodes of the object's keys, sorted, of equal ones the last. Returns how many.
uint32_t
SortKeys(const PlainJson *json, uint32_t index, uint32_t *keys)
{
	uint32_t const count = json->nodes[index].length;
	bool sorted = true;
	uint32_t key = index + 1;
	for (uint32_t i = 0; i < count; ++i) {
		keys[i] = key;
		sorted = sorted && (i == 0 || CompareKeys(json, keys[i - 1], key) < 0);
		key = json->nodes[key + 1].next;
	}
	if (sorted) {
		return count;
	}
	std::sort(keys, keys + count, [json](uint32_t left, uint32_t right) {
		int const order = CompareKeys(json, left, right);
		return order != 0 ? order < 0 : left > right;
	});
	const uint32_t *const end = std::unique(
		keys, keys + count, [json](uint32_t left, uint32_t right) { return CompareKeys(json, left, right) == 0; });
	return static_cast<uint32_t>(end - keys);
}

uint32_t
WriteObject(Writer *writer, uint32_t index)
{
	uint32_t const start = writer->used;
	uint32_t *const keys = writer->json->keys + writer->keys;
	uint32_t const count = SortKeys(writer->json, index, keys);
	writer->keys += count;
	Entries entries = BeginContainer(writer, kObjectFlag | count, count * 2);
	for (uint32_t i = 0; i < count; ++i) {
		PutEntry(writer, &entries, WriteString(writer, &writer->json->nodes[keys[i]]));
	}
	for (uint32_t i = 0; i < count; ++i) {
		PutEntry(writer, &entries, WriteValue(writer, keys[i] + 1));
	}
	writer->keys -= count;
	return kIsContainer | (writer->used - start);
}

// Returns its entry.
uint32_t
WriteValue(Writer *writer, uint32_t index)
{
	const JsonNode *node = &writer->json->nodes[index];
	switch (node->kind) {
	case JsonKind::Null:
		return kIsNull;
	case JsonKind::False:
		return kIsFalse;
	case JsonKind::True:
		return kIsTrue;
	case JsonKind::Number:
		return WriteNumber(writer, node);
	case JsonKind::String:
		return WriteString(writer, node);
	case JsonKind::Array:
		return WriteArray(writer, index);
	case JsonKind::Object:
		return WriteObject(writer, index);
	}
	return 0;
}

} // namespace

uint32_t
WriteJsonb(PlainJson *json)
{
	Writer writer{json, kLengthWord, 0, false};
	JsonKind const kind = json->nodes[0].kind;
	if (kind == JsonKind::Array || kind == JsonKind::Object) {
		WriteValue(&writer, 0);
	} else {
		Entries entries = BeginContainer(&writer, kArrayFlag | kScalarFlag | 1, 1);
		PutEntry(&writer, &entries, WriteValue(&writer, 0));
	}
	return writer.failed ? 0 : writer.used;
}

} // namespace sluice
