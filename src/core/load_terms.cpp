#include "core/load_terms.hpp"

#include "core/format.hpp"

namespace sluice {

std::optional<LoadMode>
ParseLoadMode(std::string_view text)
{
	if (text == "append") {
		return LoadMode::Append;
	}
	if (text == "replace") {
		return LoadMode::Replace;
	}
	if (text == "merge") {
		return LoadMode::Merge;
	}
	if (text == "mirror") {
		return LoadMode::Mirror;
	}
	if (text == "history") {
		return LoadMode::History;
	}
	return std::nullopt;
}

const char *
NameOf(LoadMode mode)
{
	switch (mode) {
	case LoadMode::Append:
		return "append";
	case LoadMode::Replace:
		return "replace";
	case LoadMode::Merge:
		return "merge";
	case LoadMode::Mirror:
		return "mirror";
	case LoadMode::History:
		return "history";
	}
	return "";
}

bool
FindsByKeys(LoadMode mode)
{
	return mode == LoadMode::Merge || Compares(mode);
}

bool
Compares(LoadMode mode)
{
	return mode == LoadMode::Mirror || mode == LoadMode::History;
}

bool
ComparePlan::Allows(int64_t gone, int64_t of_rows) const
{
	std::optional<RowLimit> const limit = RowLimit::Parse(max_deletes);
	return limit && limit->Allows(gone, of_rows);
}

std::string
MergePlan::KeyList() const
{
	return Join(keys, ", ");
}

bool
IsSwap(LoadPath path)
{
	return path == LoadPath::ReplaceSwap || path == LoadPath::ReplaceRouted;
}

bool
IsAppend(LoadPath path)
{
	return path == LoadPath::Append || path == LoadPath::AppendRouted;
}

bool
WritesNewFile(LoadPath path)
{
	return IsSwap(path) || path == LoadPath::AppendCreated;
}

std::vector<std::string>
LoadPlan::Lines(const std::string &pieces) const
{
	std::vector<std::string> lines = told;
	if (streams > 1) {
		lines.push_back(Format("streams: {} streams over {}, because {}", streams, pieces, streams_reason));
	} else if (!streams_reason.empty()) {
		lines.push_back("streams: one stream, because " + streams_reason);
	}
	return lines;
}

} // namespace sluice
