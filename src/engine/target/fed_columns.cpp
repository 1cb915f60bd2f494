#include "engine/target/fed_columns.hpp"

#include "engine/target/remote_destination.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

// source_of is that of all attributes, and becomes that of those that are fed.
TupleDesc
OnlyFed(TupleDesc all, int *source_of)
{
	int fed = 0;
	for (int i = 0; i < all->natts; ++i) {
		fed += source_of[i] >= 0 ? 1 : 0;
	}
	TupleDesc const row_type = CreateTemplateTupleDesc(fed);
	AttrNumber number = 0;
	for (int i = 0; i < all->natts; ++i) {
		if (source_of[i] >= 0) {
			Form_pg_attribute const attribute = TupleDescAttr(all, i);
			source_of[number++] = source_of[i];
			TupleDescInitEntry(row_type, number, NameStr(attribute->attname), attribute->atttypid, attribute->atttypmod,
							   0);
			TupleDescInitEntryCollation(row_type, number, attribute->attcollation);
		}
	}
	return row_type;
}

} // namespace

} // namespace leaf

FedColumns
FindFedColumns(const MappedQuery &query, const Destination &destination)
{
	FedColumns fed;
	if (destination.remote != nullptr && destination.remote->Exists()) {
		destination.remote->Prepare(query, DeclaredTable());
		fed.row_type = destination.remote->RowType();
		fed.source_of = destination.remote->Match(query).source_of;
	} else if (OidIsValid(destination.oid)) {
		Relation const relation = pg::Call(table_open, destination.oid, AccessShareLock);
		ColumnMatch match = MatchColumns(query, relation, nullptr);
		fed.source_of = std::move(match.source_of);
		fed.unwelcome = std::move(match.unwelcome);
		fed.row_type = pg::Call(leaf::OnlyFed, RelationGetDescr(relation), fed.source_of.data());
		pg::Call(table_close, relation, AccessShareLock);
	} else {
		// Refuses what no column can be.
		(void)ColumnDefinitions(query);
		fed.row_type = pg::Call(leaf::CreatedRowType, query.Analyzed());
		for (int i = 0; i < query.ColumnCount(); ++i) {
			fed.source_of.push_back(i);
		}
	}
	return fed;
}

} // namespace sluice::engine
