// What the checks of validate_pipeline have found out, each for those after it, and the checks themselves: those of
// what is read and computed are in validate_source.cpp, those of what is loaded in validate_destination.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "catalog/pipeline_options.hpp"
#include "core/check_report.hpp"
#include "core/run_journal.hpp"
#include "engine/source/cursor_read.hpp"
#include "engine/source/run_input.hpp"
#include "engine/target/destination.hpp"
#include "engine/target/remote_destination.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

struct Look {
	const catalog::Pipeline &pipeline;
	CheckReport &report;
	OptionValues options = catalog::ReadOptions(pipeline.options);
	RunJournal journal{pg::Now};
	const char *check = ""; // the one that looks now
	std::optional<RunInput> input;
	std::optional<CursorRead> cursor;
	std::optional<MappedQuery> extract; // what a transform computes over
	std::optional<MappedQuery> query;	// what is loaded
	std::unique_ptr<RemoteDestination> remote;
	Destination destination;
	bool evolves = false; // the run alters the destination before it loads

	// Columns and filter over the source.
	const MappedQuery &Read() const { return extract ? *extract : *query; }
	void Ok(std::string message) { report.Ok(check, std::move(message)); }
	void Warning(std::string message, std::optional<std::string> hint = std::nullopt)
	{
		report.Warning(check, std::move(message), std::move(hint));
	}
};

// Each throws Error where a run would.
void SeeDefinition(Look *look);
void SeeCommand(Look *look);
void SeeColumns(Look *look);
void SeeFilter(Look *look);
void SeeSourceServer(Look *look);
void SeeSourceConnection(Look *look);
void SeeSource(Look *look);
void SeeTransform(Look *look);
void SeeCursor(Look *look);
void SeeSourceRights(Look *look);
void SeeTemporary(Look *look);
void SeeDestinationServer(Look *look);
void SeeDestinationConnection(Look *look);
void SeeDestination(Look *look);
void SeeDestinationRights(Look *look);
void SeeLedger(Look *look);
void SeeLoad(Look *look);
void SeeColumnMatch(Look *look);
void SeeDrift(Look *look);
void SeePath(Look *look);

} // namespace sluice::engine
