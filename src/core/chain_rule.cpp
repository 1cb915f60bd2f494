#include "core/chain_rule.hpp"

#include <algorithm>
#include <array>

namespace sluice {

DependsRule
DependsRuleOf(std::string_view text)
{
	if (text == "all_done") {
		return DependsRule::AllDone;
	}
	return text == "any_success" ? DependsRule::AnySuccess : DependsRule::AllSuccess;
}

Verdict
Judge(DependsRule rule, const ParentCounts &parents)
{
	bool const all_over = parents.over == parents.total;
	switch (rule) {
	case DependsRule::AllSuccess:
		if (!all_over) {
			return Verdict::Wait;
		}
		return parents.succeeded == parents.total ? Verdict::Run : Verdict::Skip;
	case DependsRule::AllDone:
		return all_over ? Verdict::Run : Verdict::Wait;
	case DependsRule::AnySuccess:
		if (parents.succeeded > 0) {
			return Verdict::Run;
		}
		return all_over ? Verdict::Skip : Verdict::Wait;
	}
	return Verdict::Wait;
}

std::string
ChainOutcome(const std::vector<std::string> &outcomes)
{
	for (std::string_view const bad :
		 std::array{outcome::kFailed, outcome::kStopped, outcome::kSkipped, outcome::kByFallback}) {
		if (std::find(outcomes.begin(), outcomes.end(), bad) != outcomes.end()) {
			return std::string(bad);
		}
	}
	return std::string(outcome::kSuccess);
}

} // namespace sluice
