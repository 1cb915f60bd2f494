// The trigger that finds the owners of restored rows. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::api::leaf {

// Sets owner_oid from owner; 0 when there is no such role.
Datum BindOwner(FunctionCallInfo fcinfo);

} // namespace sluice::api::leaf
