// Finding pipelines: by id, for rewriting, and by what a user wrote.

#include "catalog/pipeline_columns.hpp"
#include "catalog/pipeline_home.hpp"
#include "catalog/pipeline_store.hpp"
#include "catalog/statement.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "core/uuid.hpp"

namespace sluice::catalog {

namespace {

// SELECT of columns of that use, of rows that are called d; then FROM follows.
std::string
SelectOf(unsigned use)
{
	std::vector<std::string> names;
	for (const PipelineColumn &column : PipelineColumns()) {
		if ((column.uses & use) == use) {
			names.push_back(Format("d.{}", column.name));
		}
	}
	return "SELECT " + Join(names, ", ");
}

// Reads what SelectOf names into the pipeline; returns how many columns that is.
size_t
ReadColumns(const pg::SqlResult &rows, size_t row, unsigned use, Pipeline *pipeline)
{
	size_t place = 0;
	for (const PipelineColumn &column : PipelineColumns()) {
		if ((column.uses & use) == use) {
			SetCell(column, rows.Cell(row, place++), pipeline);
		}
	}
	return place;
}

// All that a pipeline has, of the definitions that fit.
pg::SqlResult
Definitions(std::string_view condition, std::initializer_list<pg::SqlValue> parameters)
{
	static std::string const select =
		SelectOf(kRead) + ", d.paused_at IS NOT NULL, " SLUICE_SQL_PARKED " FROM sluice.pipeline_definitions d WHERE ";
	return Execute(select + std::string(condition), parameters);
}

Pipeline
ReadPipeline(const pg::SqlResult &rows, size_t row)
{
	Pipeline pipeline;
	size_t const place = ReadColumns(rows, row, kRead, &pipeline);
	pipeline.paused = rows.IsTrue(row, place);
	pipeline.parked = rows.IsTrue(row, place + 1);
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
	return Definitions("d.id = $1::uuid AND pg_has_role($2::oid, d.owner_oid, 'USAGE')",
					   {FormatUuid(id), Number(role)});
}

// The caller's own comes first.
pg::SqlResult
FindByName(const std::string &name, const std::optional<std::string> &owner, Oid role)
{
	return Definitions("d.name = $1 AND ($2::text IS NULL OR pg_get_userbyid(d.owner_oid) = $2) AND "
					   "pg_has_role($3::oid, d.owner_oid, 'USAGE') ORDER BY d.owner_oid <> $3::oid, d.owner, d.id",
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
	return FirstPipeline(Definitions("d.id = $1::uuid", {id}));
}

bool
HadAnotherOwner(const std::string &id, Oid owner)
{
	return !Execute(
				"SELECT 1 FROM sluice.pipeline_versions v WHERE v.pipeline_id = $1::uuid AND v.owner_oid <> $2::oid "
				"LIMIT 1",
				{id, Number(owner)})
				.Empty();
}

std::optional<Pipeline>
LockPipeline(const std::string &id)
{
	return FirstPipeline(Definitions("d.id = $1::uuid FOR UPDATE", {id}));
}

std::optional<Pipeline>
FindOwned(Oid owner, const std::string &name)
{
	return FirstPipeline(Definitions("d.owner_oid = $1::oid AND d.name = $2", {Number(owner), name}));
}

std::vector<Pipeline>
PipelinesOf(std::optional<Oid> owner, Oid role)
{
	pg::SqlResult const rows = Definitions(
		"pg_has_role($1::oid, d.owner_oid, 'USAGE') AND ($2::oid IS NULL OR d.owner_oid = $2::oid) ORDER BY d.owner, "
		"d.name COLLATE \"C\", d.id",
		{Number(role), owner ? Number(*owner) : std::nullopt});
	std::vector<Pipeline> pipelines;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		pipelines.push_back(ReadPipeline(rows, row));
	}
	return pipelines;
}

std::optional<Pipeline>
FindVersion(const std::string &id, int version)
{
	static std::string const select =
		SelectOf(kVersioned) +
		" FROM sluice.pipeline_versions v CROSS JOIN LATERAL jsonb_populate_record(NULL::sluice.pipeline_definitions, "
		"v.definition) d WHERE v.pipeline_id = $1::uuid AND v.version = $2::int";
	pg::SqlResult const rows = Execute(select, {id, Number(version)});
	if (rows.Empty()) {
		return std::nullopt;
	}
	Pipeline pipeline;
	(void)ReadColumns(rows, 0, kVersioned, &pipeline);
	pipeline.id = id;
	pipeline.version = version;
	return pipeline;
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
