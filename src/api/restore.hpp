// The triggers that take restored rows. Leaf code: may raise.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::api::leaf {

// Sets owner_oid from owner; 0 when there is no such role.
Datum BindOwner(FunctionCallInfo fcinfo);

// INSTEAD OF INSERT on a view: the row goes to the table of the view's name in schema sluice. What is NULL is left
// to the table's default: older dumps do not have every column.
Datum RestoreRow(FunctionCallInfo fcinfo);

} // namespace sluice::api::leaf
