// Text between this database's encoding and the UTF-8 that MySQL is spoken to in. Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Both may return the argument itself.
const char *TextToMysql(const char *text);
// Never raises over what a source says: characters that cannot be had here become question marks.
const char *TextFromMysql(const char *text);

} // namespace sluice::engine::leaf
