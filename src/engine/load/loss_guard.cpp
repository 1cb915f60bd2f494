#include "engine/load/loss_guard.hpp"

#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kEmptyHint = "Where the source may be empty, allow it: {\"on_empty\": \"load\"} in options.";

} // namespace

void
RefuseEmpty(const std::string &destination)
{
	throw Error(sqlstate::kNothingRead,
				Format("the source gives no row to load, but {} has rows, which would be deleted", destination),
				kEmptyHint);
}

void
CheckLoss(const Loss &loss, const ComparePlan &plan)
{
	if (loss.gone == 0) {
		return;
	}
	if (loss.nothing_read && !plan.may_be_empty) {
		throw Error(sqlstate::kNothingRead,
					Format("the source gives no row, but {} has {} rows that would be {}", loss.destination, loss.gone,
						   loss.done),
					kEmptyHint);
	}
	if (!plan.Allows(loss.gone, loss.rows)) {
		throw Error(
			sqlstate::kTooManyGone,
			Format("{} of {} rows of {} are gone from the source and would be {}, but max_deletes is {}", loss.gone,
				   loss.rows, loss.destination, loss.done, plan.max_deletes),
			Format("Where that is meant, allow it for this run: {{\"max_deletes\": \"{}\"}} in options.", loss.gone));
	}
}

} // namespace sluice::engine
