// Checks of validate_pipeline: what a run reads and computes.

#include "core/sqlstate.hpp"
#include "engine/command/run_script.hpp"
#include "engine/run.hpp"
#include "engine/source/drivers.hpp"
#include "engine/source/extract.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "engine/transform/reshape.hpp"
#include "engine/validate_look.hpp"
#include "pg/read_only.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// Not in this session, which says nothing about a run.
bool
CannotMakeTables(const Error &error)
{
	return error.State() == sqlstate::kInsufficientPrivilege && InSecurityRestrictedOperation() &&
		   pg::Call(pg::leaf::MayMakeTemporary);
}

} // namespace

void
SeeDefinition(Look *look)
{
	const catalog::Pipeline &pipeline = look->pipeline;
	constexpr const char *kHint = "Set it with alter_pipeline.";
	if (pipeline.source_table.has_value() == pipeline.source_query.has_value()) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs either a source_table or a source_query", kHint);
	}
	if (!pipeline.destination_table) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs a destination_table", kHint);
	}
	CheckReshape(pipeline, look->options);
	CheckScripts(pipeline, look->options);
	look->destination.mode = LoadModeOf(pipeline);
	look->Ok("it says what is read, and what is loaded how");
}

void
SeeCommand(Look *look)
{
	CheckCommand(look->pipeline);
	for (std::string &line : ExplainCommand(look->pipeline)) {
		look->Ok(std::move(line));
	}
}

void
SeeColumns(Look *look)
{
	const std::optional<std::string> &columns = look->pipeline.columns;
	if (columns) {
		pg::Call(leaf::CheckSelectList, columns->c_str());
	}
	look->Ok(columns ? "columns is a select list" : "all columns of the source are loaded");
}

void
SeeFilter(Look *look)
{
	const std::optional<std::string> &filter = look->pipeline.filter;
	if (filter) {
		pg::Call(leaf::CheckCondition, filter->c_str());
	}
	look->Ok(filter ? "filter is a condition" : "all rows of the source are loaded");
}

void
SeeSourceServer(Look *look)
{
	CheckSource(look->pipeline, GetUserId());
	look->Ok(Format("role \"{}\" may use server \"{}\"", look->pipeline.owner, *look->pipeline.source));
}

void
SeeSourceConnection(Look *look)
{
	std::optional<std::string> const reached = ReachSource(look->pipeline, look->options);
	look->Ok(reached
				 ? Format("server \"{}\" is reached: {}", *look->pipeline.source, *reached)
				 : Format("server \"{}\" is reached by its wrapper, when the source is read", *look->pipeline.source));
}

void
SeeSource(Look *look)
{
	try {
		look->input.emplace(look->pipeline, look->options, look->journal);
	} catch (const Error &error) {
		if (!CannotMakeTables(error)) {
			throw;
		}
		look->report.NotChecked(look->check, error.Info().message, error.Info().hint);
		return;
	}
	look->Ok("it is " + look->input->Label());
}

void
SeeTransform(Look *look)
{
	pg::ReadOnlyScope const writes_nothing;
	RunJournal told(pg::Now);
	if (look->pipeline.cursor_column) {
		look->cursor.emplace(look->pipeline, look->options, *look->input, FindsByKeys(look->destination.mode));
		look->cursor->BeforeAnalysis(told);
	}
	look->query.emplace(look->input->Mapping());
	PushFilter(*look->input, *look->query, told);
	if (look->cursor) {
		look->cursor->AfterFilter(*look->query, told);
	}
	look->Ok("columns and filter fit the source");
	for (const JournalLine &line : told.Lines()) {
		if (line.level == "warning") {
			look->Warning(line.message);
		} else {
			look->Ok(line.message);
		}
	}
	for (const std::string &missing : look->query->MissingTypes()) {
		look->Warning(missing);
	}
	if (std::optional<MappingInput> const over = ReshapedMapping(look->options, *look->query, look->input->Stamp())) {
		look->extract.emplace(std::move(*look->query));
		look->query.emplace(*over);
		CheckReshaped(*look->query, over->source_row, look->input->Fetch());
		look->Ok("transform is a query over these rows");
	}
}

void
SeeCursor(Look *look)
{
	if (std::optional<CursorRead::Doubt> const doubt = look->cursor->MayMiss()) {
		look->Warning(doubt->message, doubt->hint);
	} else {
		look->Ok(Format("new rows are found by cursor_column \"{}\"", *look->pipeline.cursor_column));
	}
}

void
SeeSourceRights(Look *look)
{
	if (look->input->Wire() != nullptr) {
		look->input->Wire()->CheckReadable(look->input->Needed(look->Read()));
	} else {
		pg::ReadOnlyScope const writes_nothing;
		(void)pg::Sql("EXPLAIN " + look->Read().Text());
	}
	try {
		look->input->CheckTables(look->Read(), look->journal);
		look->input->CheckTables(*look->query, look->journal);
	} catch (const Error &error) {
		if (!CannotMakeTables(error)) {
			throw;
		}
		look->report.NotChecked(look->check, error.Info().message, error.Info().hint);
		return;
	}
	look->Ok("the columns that are needed may be read");
}

void
SeeTemporary(Look *look)
{
	bool const merges = FindsByKeys(look->destination.mode);
	bool const staged =
		merges || (look->input && look->input->Wire() != nullptr && look->query && !look->query->NeedsSql().empty());
	bool const imported = ImportsTable(look->pipeline);
	if (look->pipeline.source && !look->query && !imported && !merges) {
		look->report.NotChecked(look->check, "whether rows are staged is seen at the source");
		return;
	}
	if (!staged && !imported) {
		look->Ok("no temporary table is needed");
		return;
	}
	std::string const why = merges	 ? Format("rows are staged, because load is {}", NameOf(look->destination.mode))
							: staged ? "rows are staged, because " + look->query->NeedsSql()
									 : std::string("the source is imported as a temporary foreign table");
	if (!pg::Call(pg::leaf::MayMakeTemporary)) {
		// With the GRANT that is missing.
		pg::Call(pg::leaf::RequireTemporaryRight);
	}
	look->Ok("temporary tables may be made: " + why);
}

} // namespace sluice::engine
