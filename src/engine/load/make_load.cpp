#include "engine/load/make_load.hpp"

#include "engine/load/append_load.hpp"
#include "engine/load/history_load.hpp"
#include "engine/load/local_workplace.hpp"
#include "engine/load/merge_load.hpp"
#include "engine/load/mirror_load.hpp"
#include "engine/load/remote_load.hpp"
#include "engine/load/remote_workplace.hpp"
#include "engine/load/routed_load.hpp"
#include "engine/load/swap_load.hpp"
#include "engine/target/row_rules.hpp"

namespace sluice::engine {

namespace {

std::unique_ptr<Load>
MakeAppend(const LoadOrder &order, AppendMode mode)
{
	const Destination &destination = order.destination;
	if (destination.traits.kind == RELKIND_PARTITIONED_TABLE) {
		return std::make_unique<RoutedLoad>(destination.relation, destination.traits,
											mode == AppendMode::ReplaceInPlace, order.patience, order.journal);
	}
	return std::make_unique<AppendLoad>(destination.relation, destination.traits, mode, order.plan.direct,
										order.patience, order.journal, order.plan.analyze);
}

std::unique_ptr<Workplace>
MakeWorkplace(const LoadOrder &order)
{
	const std::vector<std::string> &keys = order.plan.merge.keys;
	if (order.destination.remote != nullptr) {
		return std::make_unique<RemoteWorkplace>(*order.destination.remote, keys, order.cursor,
												 order.plan.lock == LoadLock::KeepWritersOut);
	}
	return std::make_unique<LocalWorkplace>(
		order.destination, keys, order.match,
		order.plan.puts_aside ? RowRules(order.destination.relation, keys, order.match) : std::string());
}

} // namespace

std::unique_ptr<Load>
MakeLoad(const LoadOrder &order, std::optional<StagedInput> staged)
{
	Destination &destination = order.destination;
	const LoadPlan &plan = order.plan;
	switch (plan.path) {
	case LoadPath::Append:
	case LoadPath::AppendRouted:
		return MakeAppend(order, AppendMode::Append);
	case LoadPath::AppendCreated:
		return MakeAppend(order, AppendMode::Created);
	case LoadPath::ReplaceInPlace:
		return MakeAppend(order, AppendMode::ReplaceInPlace);
	case LoadPath::ReplaceSwap:
	case LoadPath::ReplaceRouted:
		return std::make_unique<SwapLoad>(std::exchange(destination.relation, nullptr), destination.traits,
										  plan.fills_empty ? SwapMode::Fill : SwapMode::Replace, plan.direct,
										  order.patience, order.journal, plan.analyze);
	case LoadPath::Sql:
		return std::make_unique<StatementLoad>(destination, order.query, order.match, std::move(staged), order.journal);
	case LoadPath::Merge:
		return std::make_unique<MergeLoad>(MakeWorkplace(order), destination, plan, order.cursor, order.journal);
	case LoadPath::Mirror:
		return std::make_unique<MirrorLoad>(MakeWorkplace(order), destination, plan, order.cursor, order.journal,
											order.leaves_nulls);
	case LoadPath::History:
		return std::make_unique<HistoryLoad>(MakeWorkplace(order), destination, plan, order.cursor, order.journal,
											 order.instant);
	case LoadPath::Remote:
		return std::make_unique<RemoteLoad>(*destination.remote, plan.mode, order.journal);
	}
	return nullptr;
}

} // namespace sluice::engine
