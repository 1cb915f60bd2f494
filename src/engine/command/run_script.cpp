#include "engine/command/run_script.hpp"

#include "core/sqlstate.hpp"
#include "engine/command/client_messages.hpp"
#include "engine/command/run_statement.hpp"
#include "engine/command/statement_error.hpp"

namespace sluice::engine {

namespace {

void
Tell(const ParsedCommand &script, int number, const char *option, int64_t rows, bool counted, RunJournal &journal)
{
	journal.Info(Format("{}: {}: {}", option, script.Name(number),
						counted ? Format("{} {}", rows, rows == 1 ? "row" : "rows") : std::string("done")));
}

// What is said of columns and filter elsewhere is no advice here.
Error
AtScript(const Error &error, const ParsedCommand &script, int number, const char *option)
{
	ErrorInfo info = error.Info();
	if (info.hint.empty() && error.State() != sqlstate::kInsufficientPrivilege) {
		info.hint = Format("Correct {}: it is part of the run's transaction, and nothing was loaded.", option);
	}
	return WithoutQuery(AtStatement(Error(std::move(info)), script, number, option));
}

void
RunHere(const ParsedCommand &script, const char *option, RunJournal &journal)
{
	ClientMessages const messages(journal);
	int const level = pg::Call(NewGUCNestLevel);
	// What the load has done is seen.
	pg::Call(CommandCounterIncrement);
	for (int i = 0; i < script.Count(); ++i) {
		leaf::StatementResult result{};
		try {
			pg::Call(leaf::RunStatement, &script.Text(), i, leaf::StatementPlace::Caller, script.Memory(), &result);
		} catch (const Error &error) {
			(void)pg::CallNoThrow(leaf::EndStatementTimeout);
			throw AtScript(error, script, i, option);
		}
		Tell(script, i, option, static_cast<int64_t>(result.rows), result.counted, journal);
	}
	pg::Call(AtEOXact_GUC, false, level);
}

void
RunThere(const ParsedCommand &script, const char *option, const FarStatements &far, RunJournal &journal)
{
	std::vector<std::string> statements;
	for (int i = 0; i < script.Count(); ++i) {
		statements.emplace_back(pg::Call(leaf::StatementText, &script.Text(), i));
	}
	int done = 0;
	try {
		far(statements, [&](int64_t rows) {
			Tell(script, done, option, rows, true, journal);
			++done;
		});
	} catch (const Error &error) {
		throw done < script.Count() ? AtScript(error, script, done, option) : error;
	}
}

} // namespace

void
CheckScripts(const catalog::Pipeline &pipeline, const OptionValues &options)
{
	for (const char *option : {kBeforeSql, kAfterSql}) {
		if (!options.IsGiven(option)) {
			continue;
		}
		if (pipeline.IsContinuous()) {
			throw Error(sqlstate::kFeatureNotSupported, Format("{} is not supported in mode \"realtime\"", option),
						"A run that goes on has no end to be part of: use mode => 'batch'.");
		}
		ParsedCommand const script(options.Text(option), option);
		for (int i = 0; i < script.Count(); ++i) {
			if (script.Statement(i).alone == leaf::Alone::Always) {
				throw Error(sqlstate::kActiveSqlTransaction,
							Format("{} of {} cannot be part of a transaction", script.Name(i), option),
							"Make it the command of a pipeline of its own, which depends on this one or the other way "
							"round.");
			}
		}
	}
}

std::vector<std::string>
ExplainScript(const OptionValues &options, const char *option)
{
	std::vector<std::string> lines;
	if (options.IsGiven(option)) {
		ParsedCommand const script(options.Text(option), option);
		for (int i = 0; i < script.Count(); ++i) {
			lines.push_back(Format("{}: in the run's transaction: {}", option, script.Name(i)));
		}
	}
	return lines;
}

void
RunScript(const OptionValues &options, const char *option, const FarStatements &far, RunJournal &journal)
{
	if (!options.IsGiven(option)) {
		return;
	}
	journal.EnterPhase(RunPhase::Executing);
	ParsedCommand const script(options.Text(option), option);
	if (far) {
		RunThere(script, option, far, journal);
	} else {
		RunHere(script, option, journal);
	}
}

} // namespace sluice::engine
