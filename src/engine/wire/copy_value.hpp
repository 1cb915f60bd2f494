// Values of binary COPY: common types without a call of their receive functions, where the value has the usual form.
//
// Leaf regime. The wire is not trusted: a value whose form is not exactly the expected one is an error.
#pragma once

#include "core/json_plain.hpp"
#include "engine/wire/text_repair.hpp"
#include "engine/wire/wire_kind.hpp"

namespace sluice::engine::leaf {

struct DecodeColumn {
	WireKind kind;
	int attribute; // index in the row
	Oid type;
	int32 typmod;
	int16 size; // of the type, -1: varies
	bool by_value;
	char align;
	DecodeColumn *element; // of an Array
	bool from_text;		   // receive is the type's input function
	FmgrInfo receive;
	Oid io_parameter;
	bool is_ended; // while a function reads the value, a zero byte stands in place of the one behind it
	char behind;
};

struct ValueDecoder {
	int encoding;	 // of this database
	PlainJson *json; // for columns that need it
	TextRepair repair;
};

// In the current memory context.
void InitDecodeColumn(ValueDecoder *decoder, DecodeColumn *column, Oid type, int32 typmod);
// For values that come as their type's text.
void InitTextColumn(DecodeColumn *column, Oid type, int32 typmod);

// After an error: the wire is as it came.
void Restore(DecodeColumn *column, char *data, int length);

// data[length] is writable: libpq ends every row with a zero byte, and another field follows the others.
Datum DecodeValue(const ValueDecoder *decoder, DecodeColumn *column, char *data, int length);

} // namespace sluice::engine::leaf
