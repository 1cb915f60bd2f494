// Finding pipelines: by id, for rewriting, and by what a user wrote.

#include "catalog/adoption.hpp"
#include "catalog/pipeline_store.hpp"
#include "catalog/statement.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "core/uuid.hpp"

namespace sluice::catalog {

namespace {

#define SLUICE_PIPELINE_COLUMNS                                                                                        \
	"d.id, d.name, d.description, d.tags, d.owner_oid, d.owner, d.source, d.source_table, d.source_query, "            \
	"d.destination, d.destination_table, d.mode, d.load, d.columns, d.filter, d.schedule, d.timezone, d.depends_on, "  \
	"d.on_failure, d.options, "                                                                                        \
	"d.status, d.search_path, d.version, d.paused_at IS NOT NULL, d.paused_reason, d.created_by, " SLUICE_SQL_PARKED   \
	" "

Pipeline
ReadPipeline(const pg::SqlResult &rows, size_t row)
{
	Pipeline pipeline;
	size_t column = 0;
	pipeline.id = rows.Text(row, column++);
	pipeline.name = rows.Text(row, column++);
	pipeline.description = rows.Cell(row, column++);
	pipeline.tags = rows.Cell(row, column++);
	pipeline.owner_oid = static_cast<Oid>(rows.Integer(row, column++));
	pipeline.owner = rows.Text(row, column++);
	pipeline.source = rows.Cell(row, column++);
	pipeline.source_table = rows.Cell(row, column++);
	pipeline.source_query = rows.Cell(row, column++);
	pipeline.destination = rows.Cell(row, column++);
	pipeline.destination_table = rows.Cell(row, column++);
	pipeline.mode = rows.Text(row, column++);
	pipeline.load = rows.Cell(row, column++);
	pipeline.columns = rows.Cell(row, column++);
	pipeline.filter = rows.Cell(row, column++);
	pipeline.schedule = rows.Cell(row, column++);
	pipeline.timezone = rows.Text(row, column++);
	pipeline.depends_on = PlainElements(rows.Text(row, column++));
	pipeline.on_failure = rows.Cell(row, column++);
	pipeline.options = rows.Text(row, column++);
	pipeline.status = rows.Text(row, column++);
	pipeline.search_path = rows.Text(row, column++);
	pipeline.version = static_cast<int>(rows.Integer(row, column++));
	pipeline.paused = rows.IsTrue(row, column++);
	pipeline.paused_reason = rows.Cell(row, column++);
	pipeline.created_by = rows.Text(row, column++);
	pipeline.parked = rows.IsTrue(row, column++);
	return pipeline;
}

std::optional<Pipeline>
FirstPipeline(const pg::SqlResult &rows)
{
	return rows.Empty() ? std::nullopt : std::optional<Pipeline>(ReadPipeline(rows, 0));
}

pg::SqlResult
FindById(const UuidBytes &id, Oid role)
{
	return Execute("SELECT " SLUICE_PIPELINE_COLUMNS "FROM sluice.pipeline_definitions d "
				   "WHERE d.id = $1::uuid AND pg_has_role($2::oid, d.owner_oid, 'USAGE')",
				   {FormatUuid(id), Number(role)});
}

// The caller's own comes first.
pg::SqlResult
FindByName(const std::string &name, const std::optional<std::string> &owner, Oid role)
{
	return Execute("SELECT " SLUICE_PIPELINE_COLUMNS "FROM sluice.pipeline_definitions d "
				   "WHERE d.name = $1 AND ($2::text IS NULL OR pg_get_userbyid(d.owner_oid) = $2) "
				   "AND pg_has_role($3::oid, d.owner_oid, 'USAGE') ORDER BY d.owner_oid <> $3::oid, d.owner, d.id",
				   {name, owner, Number(role)});
}

Error
SeveralPipelines(const std::string &identifier, const std::vector<Pipeline> &pipelines)
{
	std::string detail;
	for (const Pipeline &pipeline : pipelines) {
		detail += Format("{}{}/{} ({})", detail.empty() ? "" : ", ", pipeline.owner, pipeline.name, pipeline.id);
	}
	return Error(sqlstate::kAmbiguousAlias, Format("pipeline name \"{}\" is not unique", identifier),
				 "Write it as owner/name, or use the id.", Format("It could be {}.", detail));
}

} // namespace

std::optional<Pipeline>
FindPipeline(const std::string &id)
{
	return FirstPipeline(
		Execute("SELECT " SLUICE_PIPELINE_COLUMNS "FROM sluice.pipeline_definitions d WHERE d.id = $1::uuid", {id}));
}

std::optional<Pipeline>
LockPipeline(const std::string &id)
{
	return FirstPipeline(Execute(
		"SELECT " SLUICE_PIPELINE_COLUMNS "FROM sluice.pipeline_definitions d WHERE d.id = $1::uuid FOR UPDATE", {id}));
}

Error
NoSuchPipeline(const std::string &identifier)
{
	return Error(sqlstate::kUndefinedObject, Format("pipeline \"{}\" does not exist", identifier),
				 "SELECT name, owner FROM pipelines shows those that you may see.");
}

Pipeline
ResolvePipeline(const std::string &identifier, Oid role)
{
	pg::SqlResult rows;
	if (std::optional<UuidBytes> const id = ParseUuid(identifier)) {
		rows = FindById(*id, role);
	} else if (size_t const slash = identifier.rfind('/'); slash != std::string::npos) {
		// A pipeline's name holds no slash, a role's may.
		rows = FindByName(identifier.substr(slash + 1), identifier.substr(0, slash), role);
	} else {
		rows = FindByName(identifier, std::nullopt, role);
	}
	if (rows.Empty()) {
		throw NoSuchPipeline(identifier);
	}
	Pipeline found = ReadPipeline(rows, 0);
	if (rows.Rows() > 1 && found.owner_oid != role) {
		std::vector<Pipeline> all;
		for (size_t row = 0; row < rows.Rows(); ++row) {
			all.push_back(ReadPipeline(rows, row));
		}
		throw SeveralPipelines(identifier, all);
	}
	return found;
}

} // namespace sluice::catalog
