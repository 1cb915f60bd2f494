// Leaf behind engine/known_secrets.hpp.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Options (DefElem) of all user mappings of this role and of those for everybody.
List *MappingOptions(Oid role);

} // namespace sluice::engine::leaf
