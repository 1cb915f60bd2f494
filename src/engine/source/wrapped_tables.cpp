#include "engine/source/wrapped_tables.hpp"

#include "pg/compat.hpp"
#include "pg/foreign_catalog.hpp"

extern "C" {
#include "rewrite/rewriteHandler.h"
}

namespace sluice::engine::leaf {

namespace {

struct Search {
	const char *wrapper;
	WrappedTable *found;
};

bool
Look(Node *node, void *context)
{
	if (node == nullptr) {
		return false;
	}
	if (!IsA(node, Query)) {
		return pg::compat::WalkExpression(node, Look, context);
	}
	auto *search = static_cast<Search *>(context);
	Query *query = reinterpret_cast<Query *>(node);
	ListCell *cell;
	foreach (cell, query->rtable) {
		RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);
		if (entry->rtekind != RTE_RELATION || entry->relkind != RELKIND_FOREIGN_TABLE ||
			strcmp(pg::leaf::WrapperName(GetForeignTable(entry->relid)->serverid), search->wrapper) != 0) {
			continue;
		}
		WrappedTable *table = search->found;
		while (table != nullptr && table->oid != entry->relid) {
			table = table->next;
		}
		if (table == nullptr) {
			table = static_cast<WrappedTable *>(palloc(sizeof(WrappedTable)));
			*table = {entry->relid, nullptr, search->found};
			search->found = table;
		}
		table->columns = bms_add_members(table->columns, pg::compat::ReadColumns(query, entry));
	}
	return pg::compat::WalkQuery(query, Look, context);
}

} // namespace

WrappedTable *
TablesReadThrough(const Query *analyzed, const char *wrapper)
{
	Search search = {wrapper, nullptr};
	ListCell *cell;
	foreach (cell, QueryRewrite(static_cast<Query *>(copyObjectImpl(analyzed)))) {
		(void)Look(static_cast<Node *>(lfirst(cell)), &search);
	}
	return search.found;
}

AttrNumber
ColumnFromSource(Oid table, const char *name)
{
	Relation relation = table_open(table, AccessShareLock);
	AttrNumber found = 0;
	for (int i = 0; i < RelationGetNumberOfAttributes(relation) && found == 0; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), i);
		if (attribute->attisdropped) {
			continue;
		}
		const char *there = NameStr(attribute->attname);
		ListCell *cell;
		foreach (cell, GetForeignColumnOptions(table, attribute->attnum)) {
			DefElem *option = lfirst_node(DefElem, cell);
			there = strcmp(option->defname, "column_name") == 0 ? defGetString(option) : there;
		}
		// Column names of MySQL are the same in any case.
		found = pg_strcasecmp(there, name) == 0 ? attribute->attnum : 0;
	}
	table_close(relation, NoLock);
	return found;
}

bool
ReadsColumn(const WrappedTable *table, AttrNumber number)
{
	return bms_is_member(number - FirstLowInvalidHeapAttributeNumber, table->columns) ||
		   bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, table->columns);
}

} // namespace sluice::engine::leaf
