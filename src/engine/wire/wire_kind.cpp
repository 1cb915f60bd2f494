#include "engine/wire/wire_kind.hpp"

namespace sluice::engine::leaf {

WireKind
WireKindOf(Oid type)
{
	switch (type) {
	case BOOLOID:
		return WireKind::Bool;
	case INT2OID:
		return WireKind::Int2;
	case INT4OID:
		return WireKind::Int4;
	case INT8OID:
		return WireKind::Int8;
	case FLOAT4OID:
		return WireKind::Float4;
	case FLOAT8OID:
		return WireKind::Float8;
	case DATEOID:
		return WireKind::Date;
	case TIMEOID:
		return WireKind::Time;
	case TIMETZOID:
		return WireKind::Timetz;
	case TIMESTAMPOID:
	case TIMESTAMPTZOID:
		return WireKind::Timestamp;
	case INTERVALOID:
		return WireKind::Interval;
	case UUIDOID:
	case MACADDROID:
		return WireKind::Fixed;
	case TEXTOID:
		return WireKind::Text;
	case VARCHAROID:
		return WireKind::Varchar;
	case BPCHAROID:
		return WireKind::Bpchar;
	case BYTEAOID:
		return WireKind::Bytea;
	case NUMERICOID:
		return WireKind::Numeric;
	case JSONOID:
		return WireKind::Json;
	case JSONBOID:
		return WireKind::Jsonb;
	case INETOID:
		return WireKind::Inet;
	case CIDROID:
		return WireKind::Cidr;
	default:
		return WireKind::Other;
	}
}

} // namespace sluice::engine::leaf
