// How the statements of a command share transactions, decided by what they are and by the option command_transaction.
// The run follows it and its log tells it; explain_pipeline shows it.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline.hpp"
#include "core/option_registry.hpp"
#include "engine/command/command_text.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

// A command in memory of its own, which outlives transactions.
class ParsedCommand {
public:
	// Throws Error as leaf::ParseCommand raises. Needs no transaction.
	explicit ParsedCommand(const std::string &statements, const char *option = nullptr);
	~ParsedCommand();
	ParsedCommand(const ParsedCommand &) = delete;
	ParsedCommand &operator=(const ParsedCommand &) = delete;

	const leaf::CommandText &Text() const { return text_; }
	MemoryContext Memory() const { return memory_; }
	int Count() const { return text_.count; }
	leaf::CommandStatement &Statement(int i) const { return text_.statements[i]; }
	// "VACUUM", or where there are several "statement 2 of 3 (VACUUM)".
	std::string Name(int i) const;

private:
	MemoryContext memory_;
	leaf::CommandText text_{};
};

struct CommandPlan {
	bool together = true;	// one transaction, with the run's success; else each statement is one of its own
	bool only_here = false; // and so it cannot be part of a caller's transaction
	std::string why;		// as the log tells it
};

// Throws Error where the option asks for what a statement cannot do.
CommandPlan PlanCommand(const ParsedCommand &command, const OptionValues &options);

// What create and alter check.
void CheckCommand(const catalog::Pipeline &pipeline);
// For explain_pipeline.
std::vector<std::string> ExplainCommand(const catalog::Pipeline &pipeline);

} // namespace sluice::engine
