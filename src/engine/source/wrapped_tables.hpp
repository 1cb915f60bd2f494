// Which foreign tables of one wrapper a query reads, and which of their columns.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct WrappedTable {
	Oid oid;
	Bitmapset *columns; // as in PostgreSQL's own permission checks
	WrappedTable *next;
};

// In subqueries and views too, each table once. NULL when there is none.
WrappedTable *TablesReadThrough(const Query *analyzed, const char *wrapper);

// A column of a foreign table by its name at the source, which is that of its option column_name where it has one:
// its number, or 0.
AttrNumber ColumnFromSource(Oid table, const char *name);
bool ReadsColumn(const WrappedTable *table, AttrNumber number);

} // namespace sluice::engine::leaf
