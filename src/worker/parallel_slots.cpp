#include "worker/parallel_slots.hpp"

#include <set>

#include "core/sqlstate.hpp"
#include "engine/parallel/staging_table.hpp"
#include "pg/extension.hpp"
#include "pg/transaction.hpp"
#include "worker/log.hpp"
#include "worker/own_slot.hpp"
#include "worker/scheduler.hpp"
#include "worker/worker_entry.hpp"

namespace sluice::worker {

namespace {

constexpr int kMostTables = 256;
constexpr int kMostOfOneRun = 8;

int
Reserve(int wanted)
{
	return pg::Call(leaf::ReserveParallelWorkers, wanted);
}

bool
Start(const char *run_id, uint32 board, int worker, BackgroundWorkerHandle **handle)
{
	ParallelTicket const ticket{board, worker};
	std::string const name = Format("pg_sluice stream {} of {}", worker + 1, run_id);
	return pg::Call(leaf::StartParallelWorker, &ticket, name.c_str(), handle);
}

} // namespace

const engine::ParallelHost kParallelHost{leaf::SpareParallelWorkers, Reserve, Start};

void
DropStagingOf(const std::string &run_id)
{
	try {
		pg::InTransaction([&run_id] {
			engine::leaf::StagingTable tables[kMostOfOneRun];
			int const count = pg::Call(engine::leaf::ListStaging, run_id.c_str(), &tables[0], kMostOfOneRun);
			for (int i = 0; i < count; ++i) {
				(void)pg::Call(engine::leaf::DropStaging, tables[i].relation);
			}
		});
	} catch (const Error &error) {
		LogError(Format("what the streams of run {} loaded could not be dropped", run_id), error);
	}
}

void
ReapStaging(SchedulerState &state)
{
	if (!std::exchange(state.reap, false)) {
		return;
	}
	std::vector<engine::leaf::StagingTable> tables(kMostTables);
	pg::InTransaction([&] {
		// Tables first: whatever starts after this is not among them.
		tables.resize(
			pg::Call(engine::leaf::ListStaging, static_cast<const char *>(nullptr), tables.data(), kMostTables));
		std::set<std::string> alive;
		for (const LiveRun &live : LiveRuns(state.database)) {
			if (live.IsLive()) {
				alive.insert(live.run);
			}
		}
		for (const engine::leaf::StagingTable &table : tables) {
			std::string const run_id = table.run_id;
			if (alive.count(run_id) > 0 || IsDeferred(state, run_id)) {
				continue;
			}
			bool dropped = false;
			if (Isolated(state, run_id, Format("what the streams of run {} loaded could not be dropped", run_id),
						 [&] { dropped = pg::Call(engine::leaf::DropStaging, table.relation); }) &&
				!dropped) {
				// Its streams are about to leave.
				state.reap = true;
				state.retry_soon = true;
			}
		}
	});
}

} // namespace sluice::worker
