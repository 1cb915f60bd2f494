#include "api/health_checks.hpp"

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "pg/settings.hpp"

namespace sluice::api {

namespace {

std::string
Holders(const worker::HealthFacts &facts)
{
	std::string holders;
	for (const worker::WorkersOfType &workers : facts.workers) {
		holders += Format("{}{} ({})", holders.empty() ? "" : ", ", workers.type, workers.count);
	}
	return holders;
}

} // namespace

void
CheckServer(const worker::HealthFacts &facts, CheckReport &report)
{
	if (!facts.preloaded) {
		report.Error("preload", "pg_sluice is not preloaded: nothing starts by itself", PreloadHint());
	} else {
		report.Ok("preload", "pg_sluice is preloaded");
	}
	if (facts.in_recovery) {
		report.Warning("recovery", "the server is a standby: nothing starts here", "Runs start once it is promoted.");
	}
	if (!pg::Settings::enabled) {
		report.Warning("enabled", "pg_sluice.enabled is off: nothing starts",
					   "Set pg_sluice.enabled = on and reload the configuration.");
	} else {
		report.Ok("enabled", "pg_sluice.enabled is on");
	}
}

// Told by the scheduler that found no slot for a run, or seen where there was none for the scheduler itself.
bool
LacksSlots(const worker::HealthFacts &facts, int64_t queued)
{
	int held = 0;
	for (const worker::WorkersOfType &workers : facts.workers) {
		held += workers.count;
	}
	return facts.starved ||
		   (facts.preloaded && queued > 0 && facts.scheduler_pid == 0 && held >= facts.max_worker_processes);
}

void
CheckSlots(const worker::HealthFacts &facts, int64_t queued, CheckReport &report)
{
	std::string hint = Format("Set max_worker_processes = {} (more if parallel query or other extensions need "
							  "some) and restart the server.",
							  std::max(facts.worker_processes_needed, facts.max_worker_processes + 1));
	if (LacksSlots(facts, queued)) {
		if (facts.max_parallel_workers >= facts.max_worker_processes - facts.max_concurrent_runs) {
			hint += Format(" Or set a lower max_parallel_workers, which is {} now: parallel queries may hold "
						   "as many.",
						   facts.max_parallel_workers);
		}
		report.Error("worker_slots",
					 Format("a run waits because none of the {} background worker slots is free; they are "
							"held by: {}",
							facts.max_worker_processes, Holders(facts)),
					 hint);
	} else if (facts.max_worker_processes < facts.worker_processes_needed) {
		report.Warning("worker_slots",
					   Format("max_worker_processes = {} is too few for {} runs at once "
							  "(pg_sluice.max_concurrent_runs) beside what there is: {}",
							  facts.max_worker_processes, facts.max_concurrent_runs, Holders(facts)),
					   hint);
	} else {
		report.Ok("worker_slots", Format("max_worker_processes = {} is enough for {} runs at once",
										 facts.max_worker_processes, facts.max_concurrent_runs));
	}
}

std::vector<std::vector<pg::SqlValue>>
RowsOf(const CheckReport &report)
{
	std::vector<std::vector<pg::SqlValue>> rows;
	for (const CheckRow &row : report.Rows()) {
		rows.push_back({row.check, row.verdict, row.message, row.hint});
	}
	return rows;
}

} // namespace sluice::api
