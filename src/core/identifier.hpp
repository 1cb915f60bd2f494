// Names that users give: of pipelines, and of relations here and at the source. Pure C++.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

inline constexpr size_t kMaxPipelineName = 255; // characters

// Throws Error 42602 with a hint unless the name can name a pipeline.
void CheckPipelineName(std::string_view name);

// Whether the server's uuid type would accept it, in any spelling.
bool LooksLikeUuid(std::string_view text);

struct NamePart {
	std::string text;
	bool quoted = false;
};

// 'a', 'a.b', '"A.b".c': SQL's double quotes, but parts without quotes are kept exactly as typed, for it
// is the source that decides what case means. Blanks around parts do not count. Throws Error 42602.
std::vector<NamePart> SplitNameParts(std::string_view name);
std::vector<std::string> SplitQualifiedName(std::string_view name);

} // namespace sluice
