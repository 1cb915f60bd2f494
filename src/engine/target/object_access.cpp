#include "engine/target/object_access.hpp"

extern "C" {
#include "catalog/objectaccess.h"
}

namespace sluice::engine::leaf {

void
ShowTruncate(Oid relation)
{
	InvokeObjectTruncateHook(relation);
}

bool
MayDelete(Oid relation)
{
	return pg_class_aclcheck(relation, GetUserId(), ACL_DELETE) == ACLCHECK_OK;
}

} // namespace sluice::engine::leaf
