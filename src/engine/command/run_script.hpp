// The SQL of the options before_sql and after_sql: run around a load, in its transaction, where its destination is.
#pragma once

#include <functional>

#include "core/run_journal.hpp"
#include "engine/command/command_plan.hpp"

namespace sluice::engine {

inline constexpr const char *kBeforeSql = "before_sql";
inline constexpr const char *kAfterSql = "after_sql";

// What create and alter check. Throws Error.
void CheckScripts(const catalog::Pipeline &pipeline, const OptionValues &options);
// For explain_pipeline, of one of the options.
std::vector<std::string> ExplainScript(const OptionValues &options, const char *option);

// At another server: all statements there, as in a session of the remote role; told how many rows each has changed.
using FarStatements =
	std::function<void(const std::vector<std::string> &statements, const std::function<void(int64_t rows)> &done)>;
// What the option says, if anything. far: empty where the destination is here. Settings that statements change here are
// set back. Throws Error.
void RunScript(const OptionValues &options, const char *option, const FarStatements &far, RunJournal &journal);

} // namespace sluice::engine
