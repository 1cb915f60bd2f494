// Text from outside that no text type here can hold: taken as it is by nobody, mended where an option says so (on_nul,
// on_invalid_text).
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct TextRepair {
	bool strip_nul;		  // zero bytes are left out
	bool replace_invalid; // what is no character becomes U+FFFD, or a question mark where the encoding has none

	bool Any() const { return strip_nul || replace_invalid; }
};

// A copy that ends with a zero byte, with what is to be mended mended; there may still be something wrong with it.
char *RepairText(const TextRepair *repair, int encoding, const char *data, Size *length);

} // namespace sluice::engine::leaf
