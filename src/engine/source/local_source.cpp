#include "engine/source/local_source.hpp"

#include "core/sqlstate.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "pg/relation_lookup.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
QueryAsFromItem(const std::string &query)
{
	// On lines of its own, so that a comment at its end does not swallow the parenthesis.
	return std::string("(\n") + pg::Call(leaf::CheckQuery, query.c_str()) + "\n)";
}

std::string
QualifiedRelation(const std::string &source_table)
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
	return pg::QualifiedName(relation);
}

} // namespace

LocalSource::LocalSource(const catalog::Pipeline &pipeline)
	: from_(pipeline.source_query ? QueryAsFromItem(*pipeline.source_query)
								  : QualifiedRelation(*pipeline.source_table)),
	  is_query_(pipeline.source_query.has_value())
{}

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

} // namespace sluice::engine
