#include "engine/mapping_options.hpp"

extern "C" {
#include "access/reloptions.h"
#include "catalog/pg_user_mapping.h"
}

namespace sluice::engine::leaf {

List *
MappingOptions(Oid role)
{
	List *options = NIL;
	Relation const mappings = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc const scan = systable_beginscan(mappings, InvalidOid, false, nullptr, 0, nullptr);
	for (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple); tuple = systable_getnext(scan)) {
		Oid const user = reinterpret_cast<Form_pg_user_mapping>(GETSTRUCT(tuple))->umuser;
		bool is_null = false;
		Datum const packed = heap_getattr(tuple, Anum_pg_user_mapping_umoptions, RelationGetDescr(mappings), &is_null);
		if (!is_null && (user == role || !OidIsValid(user))) {
			options = list_concat(options, untransformRelOptions(packed));
		}
	}
	systable_endscan(scan);
	table_close(mappings, AccessShareLock);
	return options;
}

} // namespace sluice::engine::leaf
