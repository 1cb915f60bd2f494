// Leaf: whether an assignment kept a value, that is, whether what is stored tells what was given. Digits that are all
// zero, the scale of a number and the padding of char(n) are no part of a value.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Types behind domains. Of types that assignment_loss.hpp does not know the loss of, true. Allocates in
// CurrentMemoryContext. Not NULL.
bool IsSameValue(Oid from, Datum given, Oid to, Datum stored);

} // namespace sluice::engine::leaf
