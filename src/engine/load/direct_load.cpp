#include "engine/load/direct_load.hpp"

#include "engine/write/direct_writer.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

namespace {

// '' when nothing is in the way.
std::string
WhyNot(const OptionValues &options, const Destination &destination)
{
	if (options.Text("direct") == "off") {
		return "the option direct is off";
	}
	if (destination.path == LoadPath::ReplaceSwap || destination.path == LoadPath::ReplaceRouted) {
		// The new heap is made by the load itself, and a table that is decoded is not swapped.
		return {};
	}
	// An event trigger may have done something to the table, or a publication may be for all tables.
	const char *why = pg::Call(leaf::WhyNotNewFile, destination.relation);
	if (why == nullptr) {
		why = pg::Call(leaf::WhyDecoded, destination.relation);
	}
	return why != nullptr ? why : "";
}

} // namespace

void
ChooseDirectLoad(const OptionValues &options, Destination *destination)
{
	destination->direct = false;
	destination->not_direct.clear();
	if (destination->path == LoadPath::AppendCreated || destination->path == LoadPath::ReplaceSwap ||
		destination->path == LoadPath::ReplaceRouted) {
		destination->not_direct = WhyNot(options, *destination);
		destination->direct = destination->not_direct.empty();
	}
}

std::string
DirectLoadText(const Destination &destination)
{
	if (destination.direct) {
		return "direct load: pages are built in memory and written once, because the file is new";
	}
	return destination.not_direct.empty() ? "" : "direct load is not used, because " + destination.not_direct;
}

} // namespace sluice::engine
