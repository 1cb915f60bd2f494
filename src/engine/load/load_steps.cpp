#include "engine/load/load_steps.hpp"

#include "engine/load/keyed_rows.hpp"
#include "engine/load/loss_guard.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

const CursorColumn *
CursorOf(const LoadRequest &request)
{
	return request.cursor != nullptr ? &request.cursor->Column() : nullptr;
}

LoadOrder
OrderOf(const LoadRequest &request)
{
	return {request.destination,
			request.plan,
			request.query,
			request.match,
			request.patience,
			CursorOf(request),
			request.cursor != nullptr && request.cursor->LeavesNulls(),
			request.plan.path == LoadPath::History ? request.input.Instant() : std::nullopt,
			request.journal};
}

bool
MayMultiply(const LoadPlan &plan)
{
	return plan.path == LoadPath::Sql || (plan.path == LoadPath::Merge && plan.merge.key_index.empty());
}

void
CheckEmpty(const LoadRequest &request, int64_t given, Load *load)
{
	if (given == 0 && request.plan.refuses_empty && load->TakesRowsAway()) {
		RefuseEmpty(request.destination.name);
	}
}

KnownRows *
KnownOf(const LoadRequest &request)
{
	return request.cursor != nullptr ? request.cursor->Known() : nullptr;
}

void
Stage(const LoadRequest &request, RowReader &reader, const std::function<void(Batch *)> &write)
{
	request.progress.Expect(reader.RowsExpected());
	while (Batch *batch = reader.Next()) {
		write(batch);
		request.progress.Batch(reader.RowsRead(), reader.BytesRead(), 0);
	}
	request.progress.Read(reader.RowsRead(), reader.BytesRead());
	reader.Finish();
}

} // namespace sluice::engine
