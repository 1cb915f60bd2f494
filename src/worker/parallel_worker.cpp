// The process of one worker of a load: connects as the pipeline's owner, joins the lock group of the run worker, and
// loads pieces until there are none left.
#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/parallel/parallel_part.hpp"
#include "pg/compat.hpp"
#include "pg/run_context.hpp"
#include "pg/transaction.hpp"
#include "worker/run_setup.hpp"
#include "worker/worker_entry.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

// What a run sets up around its load.
void
InRunTransaction(const engine::ParallelJob &job, const OptionValues &options, const std::function<void()> &body)
{
	pg::InTransaction([&] {
		CheckIdentity(job.pipeline);
		// The run worker's commit is later in the log and waits for all of it.
		pg::Call(leaf::CommitLazily);
		int const level = PinRunSettings(job.pipeline, options, nullptr);
		body();
		pg::Call(leaf::UnpinSettings, level);
	});
}

// The definition may have been altered since the run began; whose it is says the board alone.
catalog::Pipeline
ReadVersion(const engine::ParallelBoard *board, const catalog::Pipeline &named)
{
	std::optional<catalog::Pipeline> found = catalog::FindVersion(named.id, named.version);
	if (!found) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("version {} of pipeline {} is gone", named.version, named.id), "Run the pipeline again.");
	}
	found->owner_oid = board->owner;
	return *std::move(found);
}

void
LoadPieces(engine::ParallelBoard *board)
{
	engine::ParallelJob job = engine::UnpackJob(std::string_view(board->job, board->job_length));
	OptionValues options;
	pg::InTransaction([&] {
		job.pipeline = ReadVersion(board, job.pipeline);
		options = catalog::ReadOptions(job.pipeline.options);
	});
	pg::SetRunContext(job.context);
	pg::Call(pgstat_report_activity, STATE_RUNNING,
			 Format("stream of run {} of pipeline \"{}\"", job.run_id, job.pipeline.name).c_str());
	if (!pg::Call(engine::leaf::AwaitStaging)) {
		if (pg::Call(engine::leaf::IsStopped)) {
			return;
		}
		Oid staging = InvalidOid;
		InRunTransaction(job, options, [&] { staging = engine::PrepareStaging(board, job); });
		pg::Call(engine::leaf::PublishStaging, staging);
	}
	InRunTransaction(job, options, [&] { engine::LoadPieces(board, job); });
	pg::Call(engine::leaf::FinishPieces);
}

void
RunParallelWorker(engine::ParallelBoard *board)
{
	std::string error;
	try {
		LoadPieces(board);
	} catch (const Error &failure) {
		error = engine::PackError(failure);
	} catch (const std::bad_alloc &) {
		error = engine::PackError(Error(sqlstate::kOutOfMemory, "out of memory"));
	} catch (const std::exception &failure) {
		error = engine::PackError(Error(sqlstate::kInternalError, failure.what()));
	}
	pg::Call(engine::leaf::FinishParallelWorker, error.c_str(), error.size());
}

} // namespace

} // namespace sluice::worker

// The board in dynamic shared memory says which load this is: no argument and no setting could.
extern "C" void
pg_sluice_stream_main(Datum)
{
	namespace worker = sluice::worker;
	namespace parallel = sluice::engine::leaf;
	worker::ParallelTicket ticket;
	memcpy(&ticket, MyBgworkerEntry->bgw_extra, sizeof(ticket));
	worker::leaf::StartWorker();
	dsm_segment *segment = dsm_attach(ticket.board);
	if (segment == nullptr) {
		return;
	}
	sluice::engine::ParallelBoard *board = parallel::BoardOf(segment);
	if (!parallel::JoinParallel(board, ticket.worker)) {
		return;
	}
	before_shmem_exit(parallel::LeaveParallel, 0);
	if (!BecomeLockGroupMember(board->leader, board->leader_pid)) {
		return;
	}
	worker::leaf::ConnectWorker(board->database, board->owner, sluice::pg::compat::WorkerConnectionFlags(),
								"pg_sluice stream");
	(void)sluice::pg::EntryOrLog([board] { worker::RunParallelWorker(board); });
}
