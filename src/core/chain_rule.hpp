// When a pipeline that depends on others starts, and how a batch ended. Pure C++.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// How a node of a batch ended.
namespace outcome {
inline constexpr std::string_view kSuccess = "success";
inline constexpr std::string_view kByFallback = "success by fallback";
inline constexpr std::string_view kFailed = "failed";
inline constexpr std::string_view kStopped = "stopped";
inline constexpr std::string_view kSkipped = "skipped";
} // namespace outcome

enum class DependsRule {
	AllSuccess, // all parents succeeded
	AllDone,	// all parents are over, however they ended
	AnySuccess, // one parent succeeded: it does not wait for the others
};
// 'all_success', 'all_done', 'any_success'; what is unknown is the strictest of them.
DependsRule DependsRuleOf(std::string_view text);

struct ParentCounts {
	int total = 0;
	int over = 0;
	int succeeded = 0; // of those that are over; by a fallback counts
};

enum class Verdict { Wait, Run, Skip };
Verdict Judge(DependsRule rule, const ParentCounts &parents);

// The outcome of a batch from those of its nodes: the worst one.
std::string ChainOutcome(const std::vector<std::string> &outcomes);

} // namespace sluice
