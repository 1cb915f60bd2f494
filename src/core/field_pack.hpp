// Texts, some of them missing, as one string of bytes and back: for shared memory, where nothing else can live.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

using Fields = std::vector<std::optional<std::string>>;

std::string PackFields(const Fields &fields);
// Fewer than were packed when the bytes were cut; the last one then is what is left of it.
Fields UnpackFields(std::string_view bytes);

} // namespace sluice
