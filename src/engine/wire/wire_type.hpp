// Which types of a PostgreSQL source may travel in binary form.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine {

// True for built-in types whose binary form is the same on every supported version and whose OID means
// the same type on both sides. Everything else travels as text.
bool TravelsInBinary(Oid type);

} // namespace sluice::engine
