#include "engine/wire/wire_type.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

namespace {

// Left out on purpose: money (its scale is the server's locale), reg* and oid aliases (numbers of another
// catalog), record and composite types (they name their fields' types by OID), xid and the like.
constexpr std::array kBinaryTypes = {
	BOOLOID,		  BYTEAOID,			 INT8OID,		   INT2OID,			INT4OID,		   TEXTOID,
	OIDOID,			  JSONOID,			 POINTOID,		   LSEGOID,			PATHOID,		   BOXOID,
	POLYGONOID,		  LINEOID,			 CIRCLEOID,		   FLOAT4OID,		FLOAT8OID,		   CIDROID,
	INETOID,		  MACADDROID,		 MACADDR8OID,	   BPCHAROID,		VARCHAROID,		   DATEOID,
	TIMEOID,		  TIMESTAMPOID,		 TIMESTAMPTZOID,   INTERVALOID,		TIMETZOID,		   BITOID,
	VARBITOID,		  NUMERICOID,		 UUIDOID,		   JSONBOID,		NAMEOID,		   CHAROID,
	TSVECTOROID,	  INT4RANGEOID,		 NUMRANGEOID,	   TSRANGEOID,		TSTZRANGEOID,	   DATERANGEOID,
	INT8RANGEOID,	  INT4MULTIRANGEOID, NUMMULTIRANGEOID, TSMULTIRANGEOID, TSTZMULTIRANGEOID, DATEMULTIRANGEOID,
	INT8MULTIRANGEOID};

bool
IsBinaryScalar(Oid type)
{
	return std::find(kBinaryTypes.begin(), kBinaryTypes.end(), static_cast<int>(type)) != kBinaryTypes.end();
}

} // namespace

bool
TravelsInBinary(Oid type)
{
	if (IsBinaryScalar(type)) {
		return true;
	}
	if (type >= FirstNormalObjectId) {
		return false;
	}
	// Their receive functions refuse what their send functions make of an empty one.
	if (type == OIDVECTOROID || type == INT2VECTOROID) {
		return false;
	}
	Oid const element = pg::Call(get_element_type, type);
	return OidIsValid(element) && IsBinaryScalar(element);
}

} // namespace sluice::engine
