#include "worker/command_run.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/command/client_messages.hpp"
#include "engine/command/run_statement.hpp"
#include "engine/command/statement_error.hpp"
#include "engine/known_secrets.hpp"
#include "pg/guard.hpp"
#include "pg/run_context.hpp"
#include "pg/transaction.hpp"
#include "worker/own_slot.hpp"
#include "worker/run_scope.hpp"
#include "worker/run_setup.hpp"
#include "worker/session_reset.hpp"
#include "worker/worker_session.hpp"

namespace sluice::worker {

namespace {

constexpr int kInvalidTransactionTermination = SqlState("2D000");

// What to do about errors that the server raises without a hint.
std::string
HintOn(const ErrorInfo &error, const catalog::Pipeline &pipeline, bool in_caller)
{
	if (error.sqlstate == sqlstate::kInsufficientPrivilege) {
		return Format(
			"A pipeline has the rights of its owner \"{}\" and no others: GRANT what is missing to that role.",
			pipeline.owner);
	}
	if (error.sqlstate != sqlstate::kActiveSqlTransaction && error.sqlstate != kInvalidTransactionTermination) {
		return {};
	}
	return in_caller ? "Use trigger_pipeline: a worker runs it outside the caller's transaction."
					 : "Set the option command_transaction to false: each statement is then a transaction of its own.";
}

Error
InCommand(const Error &error, const engine::ParsedCommand &command, int number, const catalog::Pipeline &pipeline,
		  bool in_caller)
{
	ErrorInfo info = error.Info();
	if (info.hint.empty()) {
		info.hint = HintOn(info, pipeline, in_caller);
	}
	return engine::AtStatement(Error(std::move(info)), command, number, "command");
}

void
LeaveRole()
{
	// The role of SET ROLE goes with it.
	SetPGVariable("session_authorization", NIL, false);
}

// What statements may have left in the session that has a say in transactions of ours.
void
TakeSessionBack()
{
	pg::Call(engine::leaf::EndStatementTimeout);
	// Before the transaction, which would begin as they say.
	pg::Call(ResetAllOptions);
	pg::InTransaction([] { pg::Call(LeaveRole); });
}

// The server's log says by it what a statement was that ended the session; of a caller's it stays the one of the
// caller.
class QueryString {
public:
	QueryString(const char *query, bool of_caller)
		: shown_(of_caller ? std::string() : Redact(query)), before_(debug_query_string)
	{
		if (!of_caller) {
			debug_query_string = shown_.c_str();
		}
	}
	~QueryString() { debug_query_string = before_; }
	QueryString(const QueryString &) = delete;
	QueryString &operator=(const QueryString &) = delete;

private:
	std::string const shown_;
	const char *const before_;
};

} // namespace

CommandRun::CommandRun(const engine::RunRequest &request, const std::string &context, SessionLocks *locks,
					   RunJournal &journal, catalog::RunCounters *counters)
	: request_(request), pipeline_(request.pipeline), context_(context), locks_(locks), journal_(journal),
	  counters_(counters)
{}

void
CommandRun::Run()
{
	// Statements leave more in a session than can be taken back: tables, libraries, what languages remember.
	pg::Call(leaf::TakeNoOther);
	journal_.EnterPhase(RunPhase::Preparing);
	OptionValues options;
	pg::InTransaction([&] {
		options = catalog::ReadOptions(pipeline_.options);
		Prepare();
		PinProcessSettings(pipeline_, options, &journal_);
	});
	TimeLimit const limit(options.DurationMicroseconds("timeout"));
	std::exception_ptr failure;
	try {
		engine::ParsedCommand const command(*pipeline_.command);
		engine::CommandPlan const plan = engine::PlanCommand(command, options);
		journal_.Info("command: " + plan.why);
		if (plan.together) {
			Together(command);
		} else {
			EachAlone(command);
		}
	} catch (const Error &error) {
		failure = std::make_exception_ptr(engine::WithoutSecrets(limit.Explains(error) ? limit.Exceeded() : error));
	} catch (...) {
		failure = std::current_exception();
	}
	if (failure) {
		pg::Call(leaf::HoldCancels);
		try {
			TakeSessionBack();
		} catch (const Error &trouble) {
			// What failed the run is what is to be told.
			journal_.Warning(Format("the session could not be reset: {}", Redact(trouble.what())));
		}
		std::rethrow_exception(failure);
	}
}

void
CommandRun::RunInCaller()
{
	journal_.EnterPhase(RunPhase::Preparing);
	OptionValues const options = catalog::ReadOptions(pipeline_.options);
	TimeLimit const limit(options.DurationMicroseconds("timeout"));
	try {
		engine::ParsedCommand const command(*pipeline_.command);
		engine::CommandPlan const plan = engine::PlanCommand(command, options);
		if (plan.only_here) {
			throw Error(sqlstate::kFeatureNotSupported,
						Format("pipeline \"{}\" cannot run in the caller's transaction: {}", pipeline_.name, plan.why),
						"Use trigger_pipeline or CALL trigger_and_wait: a worker runs it outside that transaction.");
		}
		Prepare();
		TakeLocks(pipeline_);
		int const level = PinRunSettings(pipeline_, options, &journal_);
		journal_.Info("command: in the transaction of CALL run_pipeline");
		RunStatements(command, Place::Caller);
		pg::Call(leaf::UnpinSettings, level);
		Finish();
	} catch (const Error &error) {
		(void)pg::CallNoThrow(engine::leaf::EndStatementTimeout);
		throw engine::WithoutQuery(engine::WithoutSecrets(limit.Explains(error) ? limit.Exceeded() : error));
	}
}

void
CommandRun::Prepare()
{
	CheckIdentity(pipeline_);
	engine::RememberMappedSecrets(GetUserId());
}

void
CommandRun::Together(const engine::ParsedCommand &command)
{
	pg::InTransaction([&] {
		TakeLocks(pipeline_);
		int const level = pg::Call(NewGUCNestLevel);
		pg::Call(BeginImplicitTransactionBlock);
		RunStatements(command, Place::OneTransaction);
		pg::Call(EndImplicitTransactionBlock);
		journal_.EnterPhase(RunPhase::Finishing);
		pg::Call(leaf::FireDeferredTriggers);
		// Before the end is written: a statement may have made the transaction read-only.
		pg::Call(leaf::UnpinSettings, level);
		Finish();
	});
}

void
CommandRun::EachAlone(const engine::ParsedCommand &command)
{
	RunStatements(command, Place::Alone);
	// All is done: whoever stops the run now is too late.
	pg::Call(leaf::HoldCancels);
	journal_.EnterPhase(RunPhase::Finishing);
	TakeSessionBack();
	pg::InTransaction([this] { Finish(); });
}

void
CommandRun::RunStatements(const engine::ParsedCommand &command, Place place)
{
	pg::RunContextScope const scope(context_);
	engine::ClientMessages const messages(journal_);
	QueryString const shown(command.Text().text, place == Place::Caller);
	journal_.EnterPhase(RunPhase::Executing);
	for (int i = 0; i < command.Count(); ++i) {
		if (place != Place::Alone) {
			RunOne(command, i, place);
			continue;
		}
		pg::InTransactionsOfItsOwn([&] {
			if (!locks_->Renew()) {
				throw IsRunningAlready(pipeline_);
			}
			RunOne(command, i, place);
		});
	}
}

void
CommandRun::RunOne(const engine::ParsedCommand &command, int number, Place place)
{
	bool const in_caller = place == Place::Caller;
	engine::leaf::StatementResult result{};
	try {
		pg::Call(engine::leaf::RunStatement, &command.Text(), number,
				 in_caller ? engine::leaf::StatementPlace::Caller : engine::leaf::StatementPlace::Top, command.Memory(),
				 &result);
	} catch (const Error &error) {
		throw InCommand(error, command, number, pipeline_, in_caller);
	}
	counters_->records_processed += static_cast<int64_t>(result.rows);
	std::string const done =
		result.counted ? Format("{} {}", result.rows, result.rows == 1 ? "row" : "rows") : std::string("done");
	journal_.EachTime(Format("{}: {}", command.Name(number), done));
	if (request_.progress != nullptr) {
		request_.progress({*counters_, RunPhase::Executing, 0});
	}
}

void
CommandRun::Finish()
{
	journal_.EnterPhase(RunPhase::Finishing);
	if (!catalog::FinishRun(request_.run_id, "success", std::nullopt, std::nullopt, *counters_, journal_)) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState,
					Format("run {} of pipeline \"{}\" has ended or is being deleted", request_.run_id, pipeline_.name),
					"Look whether the pipeline is being dropped.");
	}
	if (locks_ != nullptr) {
		locks_->LeaveToTransaction();
	}
}

} // namespace sluice::worker
