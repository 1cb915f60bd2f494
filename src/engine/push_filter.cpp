#include "engine/push_filter.hpp"

#include "engine/transform/filter_safety_leaf.hpp"

namespace sluice::engine {

namespace {

std::string
Push(const RunInput &input, MappedQuery &query)
{
	const MappingInput &mapping = input.Mapping();
	if (!query.NeedsSql().empty()) {
		return query.NeedsSql();
	}
	std::vector<char> as_text(mapping.travels_as_text.begin(), mapping.travels_as_text.end());
	as_text.push_back(0);
	bool compares_text = false;
	const char *why = pg::Call(leaf::WhyFilterStays, query.Analyzed(), reinterpret_cast<const bool *>(as_text.data()),
							   &compares_text);
	if (why != nullptr) {
		return why;
	}
	std::string refusal = input.Remote()->Filter(*mapping.filter, compares_text);
	if (refusal.empty()) {
		query.TakeFilterAway();
	}
	return refusal;
}

} // namespace

void
PushFilter(const RunInput &input, MappedQuery &query, RunJournal &journal)
{
	if (input.Remote() == nullptr || !input.Mapping().filter) {
		return;
	}
	std::string const why = Push(input, query);
	journal.Info(why.empty() ? "the filter is applied by the source" : "the filter is applied here, because " + why);
}

} // namespace sluice::engine
