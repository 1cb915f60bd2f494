#include "engine/write/met_keys.hpp"

extern "C" {
#include "common/hashfn.h"
}

namespace sluice::engine::leaf {

namespace {

uint32
PlaceOf(const MetKey *key)
{
	return hash_bytes(key->bytes, key->length) % kMetKeys;
}

bool
AddBytes(MetKey *key, const void *bytes, Size length)
{
	if (key->length + length > sizeof(key->bytes)) {
		return false;
	}
	memcpy(key->bytes + key->length, bytes, length);
	key->length = static_cast<uint8>(key->length + length);
	return true;
}

} // namespace

bool
MakeKey(TupleDesc columns, int count, const Datum *values, MetKey *key)
{
	key->length = 0;
	for (int i = 0; i < count; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(columns, i);
		if (attribute->attbyval) {
			if (!AddBytes(key, &values[i], sizeof(Datum))) {
				return false;
			}
			continue;
		}
		const auto *value = reinterpret_cast<const varlena *>(DatumGetPointer(values[i]));
		Size length = attribute->attlen > 0 ? static_cast<Size>(attribute->attlen) : sizeof(key->bytes) + 1;
		// One that begins with its length, in the form that has it in full: two of them are no third one.
		if (attribute->attlen == -1 && VARATT_IS_4B_U(value)) {
			length = VARSIZE(value);
		}
		if (length > sizeof(key->bytes) || !AddBytes(key, value, length)) {
			return false;
		}
	}
	return true;
}

bool
IsMet(const MetKeys *keys, const MetKey *key)
{
	const MetKey *met = &keys->list[PlaceOf(key)];
	return met->length == key->length && memcmp(met->bytes, key->bytes, key->length) == 0;
}

void
Meet(MetKeys *keys, const MetKey *key)
{
	keys->list[PlaceOf(key)] = *key;
}

} // namespace sluice::engine::leaf
