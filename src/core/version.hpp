// Version numbers of the extension: "0.2", "1.10.3". Pure C++.
#pragma once

#include <string_view>

namespace sluice {

// Whether a came before b: part by part as numbers; what is no number counts as 0, and so does a part that is
// not there.
bool IsOlderVersion(std::string_view a, std::string_view b);

} // namespace sluice
