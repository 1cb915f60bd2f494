#include "engine/source/local_source.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// With pg_catalog alone before everything.
pg::SqlResult
AskAlone(const std::string &statement, const std::vector<pg::SqlValue> &parameters)
{
	return pg::Sql(statement, parameters, Alone());
}

std::string
QueryAsFromItem(const std::string &query)
{
	// On lines of its own, so that a comment at its end does not swallow the parenthesis.
	return std::string("(\n") + pg::Call(leaf::CheckQuery, query.c_str()) + "\n)";
}

Oid
FindSourceRelation(const std::string &source_table)
{
	Oid const relation = pg::Call(pg::leaf::FindRelation, source_table.c_str());
	if (!OidIsValid(relation)) {
		throw Error(sqlstate::kUndefinedTable, Format("relation \"{}\" does not exist", source_table),
					"It is the pipeline's source in this database: create it, or change source_table.");
	}
	char const kind = pg::Call(get_rel_relkind, relation);
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_VIEW &&
		kind != RELKIND_MATVIEW && kind != RELKIND_FOREIGN_TABLE) {
		throw Error(sqlstate::kWrongObjectType, Format("cannot read rows from \"{}\"", source_table),
					"A source is a table, a view, a materialized view or a foreign table.");
	}
	return relation;
}

} // namespace

LocalSource::LocalSource(const catalog::Pipeline &pipeline) : is_query_(pipeline.source_query.has_value())
{
	if (is_query_) {
		from_ = QueryAsFromItem(*pipeline.source_query);
	} else {
		relation_ = FindSourceRelation(*pipeline.source_table);
		from_ = pg::QualifiedName(relation_);
	}
}

std::string
LocalSource::Label() const
{
	return is_query_ ? "a query of this database" : from_ + " of this database";
}

void
LocalSource::Describe(MappingInput *mapping) const
{
	mapping->from = from_;
}

DeclaredTable
LocalSource::Declared()
{
	if (is_query_) {
		return {};
	}
	return ReadDeclaredTable(AskAlone, Format("{}", relation_));
}

OpenTransactions
LocalSource::Open()
{
	return ReadOpenTransactions(AskAlone);
}

SourceSnapshot
LocalSource::Snapshot()
{
	return ReadSourceSnapshot(
		AskAlone, [](const std::function<void()> &question) { (void)pg::Subtransaction(question); },
		is_query_ ? "" : Format("{}", relation_));
}

} // namespace sluice::engine
