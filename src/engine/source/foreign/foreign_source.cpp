#include "engine/source/foreign/foreign_source.hpp"

#include "core/sqlstate.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

constexpr int kFdwSchemaNotFound = SqlState("HV00Q");

// The local foreign table of this server that the pipeline names, or ''.
std::string
FindLocal(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	Oid const relation = pg::Call(pg::leaf::FindForeignTable, pipeline.source_table->c_str(), server.serverid);
	return OidIsValid(relation) ? pg::QualifiedName(relation) : std::string();
}

int64_t
CountRows(const std::string &query)
{
	return pg::Sql("SELECT pg_catalog.count(*) FROM (\n" + query + "\n) AS counted").Integer(0, 0);
}

} // namespace

bool
IsForeignTable(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	return pipeline.source_table && !FindLocal(pipeline, server).empty();
}

void
CheckForeignSource(const catalog::Pipeline &pipeline, const ForeignServer &server)
{
	if (pipeline.source_query) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("source_query is not supported for server \"{}\"", *pipeline.source),
					"Name a table in source_table and use columns and filter; or create foreign tables and query them "
					"with source left out.");
	}
	if (!pipeline.source_table || IsForeignTable(pipeline, server)) {
		return;
	}
	if (!pg::Call(pg::leaf::SupportsImport, server.serverid)) {
		throw Error(
			sqlstate::kUndefinedTable,
			Format("there is no foreign table \"{}\" of server \"{}\"", *pipeline.source_table, *pipeline.source),
			Format("The wrapper {} cannot import tables: run CREATE FOREIGN TABLE ... SERVER {} and name that "
				   "table in source_table.",
				   pg::Call(pg::leaf::WrapperName, server.serverid), pg::QuoteIdentifier(*pipeline.source)));
	}
	(void)SplitSourceName(*pipeline.source_table);
}

ForeignSource::ForeignSource(const SourceRequest &request) : wrapper_(request.wrapper)
{
	CheckForeignSource(request.pipeline, request.server);
	if (wrapper_.check_allowed != nullptr) {
		wrapper_.check_allowed(request.server.serverid, GetUserId());
	}
	Find(request);
	Tune(request);
	label_ = Format("{} of server \"{}\" through the executor", name_, request.server.servername);
}

void
ForeignSource::Find(const SourceRequest &request)
{
	std::string const &source_table = *request.pipeline.source_table;
	std::string const &server_name = *request.pipeline.source;
	RunJournal &journal = request.journal;
	if (wrapper_.look_up != nullptr) {
		pg::Call(pg::leaf::RequireTemporaryRight);
	}
	std::string const local = FindLocal(request.pipeline, request.server);
	if (!local.empty()) {
		name_ = local;
		return;
	}

	pg::Call(pg::leaf::RequireTemporaryRight);
	SourceName wanted = SplitSourceName(source_table);
	if (wanted.schema.empty()) {
		if (wrapper_.look_up == nullptr) {
			throw Error(sqlstate::kInvalidName, Format("source_table \"{}\" names no schema", source_table),
						"Write it as schema.table, as the source calls them.");
		}
		throw SourceTableNotFound(source_table, server_name, wrapper_.look_up(server_name, wanted.table));
	}
	Import(server_name, wanted.schema, wanted.table);
	if (!imported_ && wrapper_.look_up != nullptr) {
		std::vector<SourceName> const alike = wrapper_.look_up(server_name, wanted.table);
		std::optional<SourceName> const other = UniqueAlike(wanted, alike);
		if (!other) {
			throw SourceTableNotFound(source_table, server_name, alike);
		}
		journal.Info(Format("there is no table \"{}\" at the source, \"{}.{}\" is read instead", source_table,
							other->schema, other->table));
		wanted = *other;
		Import(server_name, wanted.schema, wanted.table);
	}
	if (!imported_) {
		throw SourceTableNotFound(source_table, server_name, {});
	}
	name_ = "pg_temp." + pg::QuoteIdentifier(wanted.table);
	journal.Info(Format("imported \"{}.{}\" of server \"{}\" as a temporary foreign table", wanted.schema, wanted.table,
						server_name));
}

void
ForeignSource::Tune(const SourceRequest &request) const
{
	RunJournal &journal = request.journal;
	const WrapperSetting &setting = wrapper_.setting;
	if (setting.option.empty()) {
		journal.Info("fetch_size is left to the wrapper: no such option of its tables is known");
		return;
	}
	std::string const option(setting.option);
	std::string const unless(setting.unless);
	std::string const value = WrapperSettingValue(setting, request.fetch.rows);
	bool const asked = request.fetch.asked && setting.value.empty();
	Oid const table = pg::Call(pg::leaf::FindRelation, name_.c_str());
	bool const on_table = pg::Call(pg::leaf::TableHasOption, table, option.c_str());
	if (!asked && (on_table || pg::Call(pg::leaf::TableHasOption, table, unless.c_str()))) {
		journal.Info(Format("{} is left as the foreign table's options say", option));
		return;
	}
	if (!asked && (pg::Call(pg::leaf::ServerHasOption, request.server.serverid, option.c_str()) ||
				   pg::Call(pg::leaf::ServerHasOption, request.server.serverid, unless.c_str()))) {
		journal.Info(Format("{} is left as the server's options say", option));
		return;
	}
	std::string const statement =
		Format("ALTER FOREIGN TABLE {} OPTIONS ({} {} '{}')", name_, on_table ? "SET" : "ADD", option, value);
	if (!imported_) {
		// Not ours to change, not even for a moment: nobody could read it until the run's end.
		journal.Info(Format("{} is left as it is, because the foreign table was not made for this run; rows may come "
							"faster after {}",
							option, statement));
		return;
	}
	// Releases differ in what options they know.
	std::optional<Error> const failure = pg::Subtransaction([&] { pg::Sql(statement); });
	journal.Info(failure ? Format("{} is left to the wrapper: {}", option, failure->what())
						 : Format("{} set to {}", option, value));
}

// Leaves imported_ false when the source has no such schema or table.
void
ForeignSource::Import(const std::string &server_name, const std::string &schema, const std::string &table)
{
	std::string const statement =
		Format("IMPORT FOREIGN SCHEMA {} LIMIT TO ({}) FROM SERVER {} INTO pg_temp", pg::QuoteIdentifier(schema),
			   pg::QuoteIdentifier(table), pg::QuoteIdentifier(server_name));
	std::optional<Error> const failure = pg::Subtransaction([&] { pg::Sql(statement); });
	if (failure && failure->State() != kFdwSchemaNotFound) {
		throw failure->WithContext(Format("importing \"{}.{}\" from server \"{}\"", schema, table, server_name));
	}
	imported_ = !failure && OidIsValid(pg::Call(pg::leaf::FindTemporary, table.c_str()));
}

void
ForeignSource::CountBefore(const MappedQuery &query, RunJournal &journal)
{
	if (!CountsRows()) {
		return;
	}
	if (query.Analyzed()->query->hasAggs) {
		journal.Warning(Format("columns use an aggregate, so whether {} read all rows cannot be seen: it ends without "
							   "an error where it cannot hold one",
							   wrapper_.name));
		return;
	}
	count_query_ = query.Text();
	count_before_ = CountRows(count_query_);
}

void
ForeignSource::Leave(int64_t rows)
{
	if (!count_query_.empty()) {
		int64_t const least = std::min(count_before_, CountRows(count_query_));
		if (rows < least) {
			throw Error(sqlstate::kConnectionFailure, Format("{} has {} rows, and {} arrived", label_, least, rows),
						wrapper_.loses_rows,
						Format("{} ends without an error where it cannot hold a row.", wrapper_.name));
		}
	}
	if (imported_) {
		pg::Sql("DROP FOREIGN TABLE " + name_);
		imported_ = false;
	}
}

} // namespace sluice::engine
