#include "engine/source/push_filter.hpp"

#include "engine/transform/filter_safety.hpp"
#include "engine/transform/filter_syntax.hpp"

namespace sluice::engine {

namespace {

// Why a condition that this server understands is better applied here; '' when the source does it.
std::string
PushUnderstood(const RunInput &input, const MappedQuery &query, bool any_collation)
{
	const MappingInput &mapping = input.Mapping();
	std::vector<char> as_text(mapping.travels_as_text.begin(), mapping.travels_as_text.end());
	as_text.push_back(0);
	bool compares_text = false;
	const char *why = pg::Call(leaf::WhyFilterStays, query.Analyzed(), reinterpret_cast<const bool *>(as_text.data()),
							   any_collation, &compares_text);
	return why != nullptr ? why : input.Wire()->Filter(*mapping.filter, compares_text);
}

// The filter means something else here: only the source can apply it.
void
PushRefused(const RunInput &input, MappedQuery &query)
{
	const MappingInput &mapping = input.Mapping();
	const ColumnMeaning &column = mapping.meaning.at(static_cast<size_t>(query.FilterRefuses()));
	std::string why;
	if (query.HasSubquery()) {
		why = "columns or filter use a subquery";
	} else if (column.why_not.empty() && PushUnderstood(input, query, true).empty()) {
		return;
	} else if (const char *obstacle = pg::Call(leaf::WhyNotAskable, mapping.filter->c_str())) {
		why = obstacle;
	} else {
		why = input.Wire()->FilterAsThere(*mapping.filter);
	}
	if (!why.empty()) {
		throw RefuseMeaning(column, Clause::Filter, why);
	}
}

std::string
Push(const RunInput &input, MappedQuery &query)
{
	const MappingInput &mapping = input.Mapping();
	if (query.FilterRefuses() >= 0) {
		PushRefused(input, query);
		query.TakeFilterAway();
		return {};
	}
	if (!query.NeedsSql().empty()) {
		return query.NeedsSql();
	}
	bool const differs = std::any_of(mapping.meaning.begin(), mapping.meaning.end(),
									 [](const ColumnMeaning &column) { return column.type.order_differs; });
	std::string refusal = PushUnderstood(input, query, differs);
	if (refusal.empty()) {
		query.TakeFilterAway();
	}
	return refusal;
}

} // namespace

void
PushFilter(const RunInput &input, MappedQuery &query, RunJournal &journal)
{
	if (input.Wire() == nullptr || !input.Mapping().filter) {
		return;
	}
	std::string const why = Push(input, query);
	journal.Info(why.empty() ? "the filter is applied by the source" : "the filter is applied here, because " + why);
}

} // namespace sluice::engine
