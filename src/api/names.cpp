#include "api/names.hpp"

extern "C" {
#include "utils/varlena.h"
}

namespace sluice::api::leaf {

namespace {

char *
Qualify(Oid schema, const char *name)
{
	return quote_qualified_identifier(get_namespace_name(schema), name);
}

} // namespace

void
FindRelation(const char *text, bool for_creation, RelationName *out)
{
	memset(out, 0, sizeof(*out));
	RangeVar *name = makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(text)));
	out->relation = RangeVarGetRelid(name, NoLock, true);
	if (OidIsValid(out->relation)) {
		Oid const schema = get_rel_namespace(out->relation);
		out->relkind = get_rel_relkind(out->relation);
		out->temporary = isAnyTempNamespace(schema);
		out->qualified = Qualify(schema, get_rel_name(out->relation));
		if (out->relkind == RELKIND_FOREIGN_TABLE) {
			out->server = GetForeignTable(out->relation)->serverid;
		}
	} else if (for_creation) {
		Oid const schema = RangeVarGetCreationNamespace(name);
		out->temporary = isAnyTempNamespace(schema);
		out->qualified = Qualify(schema, name->relname);
	}
}

} // namespace sluice::api::leaf
