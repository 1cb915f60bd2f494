// How values of a type look in binary COPY, as far as the decoder of the PostgreSQL source or the encoder of the remote
// load treat them without a call of the type's functions.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

enum class WireKind : uint8 {
	Bool,
	Int2,
	Int4,
	Int8,
	Float4,
	Float8,
	Date,
	Time,
	Timetz,
	Timestamp, // with and without time zone
	Interval,
	Fixed, // bytes as they are, as many as the type's length: uuid, macaddr
	Text,
	Varchar,
	Bpchar,
	Bytea,
	Numeric,
	Json,
	Jsonb,
	Inet,
	Cidr,
	Money, // as a numeric
	Array, // of one of the above
	Other  // the type's functions
};

// Never Array: what is in one is for the caller to look at.
WireKind WireKindOf(Oid type);

} // namespace sluice::engine::leaf
