#include "engine/command/command_plan.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kOption = "command_transaction";
constexpr const char *kOwnSuccess = "the run's success is a commit of its own";

MemoryContext
MakeMemory()
{
	return AllocSetContextCreate(TopMemoryContext, "pg_sluice command", ALLOCSET_DEFAULT_SIZES);
}

void
Parse(MemoryContext memory, const char *text, const char *option, leaf::CommandText *command)
{
	MemoryContext const outer = MemoryContextSwitchTo(memory);
	leaf::ParseCommand(MemoryContextStrdup(memory, text), option, command);
	MemoryContextSwitchTo(outer);
}

// The first that no transaction can hold together with others; nothing: there is none.
std::optional<int>
FindAlone(const ParsedCommand &command)
{
	for (int i = 0; i < command.Count(); ++i) {
		if (command.Statement(i).alone == leaf::Alone::Always) {
			return i;
		}
	}
	return std::nullopt;
}

} // namespace

ParsedCommand::ParsedCommand(const std::string &statements, const char *option) : memory_(pg::Call(MakeMemory))
{
	try {
		pg::Call(Parse, memory_, statements.c_str(), option, &text_);
	} catch (...) {
		(void)pg::CallNoThrow(MemoryContextDelete, memory_);
		throw;
	}
}

ParsedCommand::~ParsedCommand()
{
	(void)pg::CallNoThrow(MemoryContextDelete, memory_);
}

std::string
ParsedCommand::Name(int i) const
{
	const char *const tag = Statement(i).tag;
	return Count() == 1 ? std::string(tag) : Format("statement {} of {} ({})", i + 1, Count(), tag);
}

CommandPlan
PlanCommand(const ParsedCommand &command, const OptionValues &options)
{
	std::optional<int> const alone = FindAlone(command);
	bool const given = options.IsGiven(kOption);
	if (given && options.Boolean(kOption)) {
		if (alone) {
			throw Error(sqlstate::kActiveSqlTransaction,
						Format("{} of the command cannot be part of a transaction", command.Name(*alone)),
						"Leave the option command_transaction out, or set it to false.");
		}
		return {true, false, "one transaction, together with the run's success, because command_transaction is true"};
	}
	if (given) {
		return {false, true,
				Format("each statement is a transaction of its own, because command_transaction is false; {}",
					   kOwnSuccess)};
	}
	if (alone) {
		return {false, true,
				Format("each statement is a transaction of its own, because {} cannot be part of one with others; {}",
					   command.Name(*alone), kOwnSuccess)};
	}
	if (command.Count() == 1 && command.Statement(0).alone == leaf::Alone::IfSingle) {
		return {false, false,
				Format("a transaction of its own, which {} may end and begin again; {}", command.Name(0), kOwnSuccess)};
	}
	return {true, false, "one transaction, together with the run's success"};
}

void
CheckCommand(const catalog::Pipeline &pipeline)
{
	ParsedCommand const command(*pipeline.command);
	(void)PlanCommand(command, catalog::ReadOptions(pipeline.options));
}

std::vector<std::string>
ExplainCommand(const catalog::Pipeline &pipeline)
{
	ParsedCommand const command(*pipeline.command);
	CommandPlan const plan = PlanCommand(command, catalog::ReadOptions(pipeline.options));
	std::vector<std::string> lines{"command: " + plan.why};
	for (int i = 0; i < command.Count(); ++i) {
		lines.push_back("runs " + command.Name(i));
	}
	return lines;
}

} // namespace sluice::engine
