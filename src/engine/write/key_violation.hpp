// One foreign key, checked set-based: the query, and what is said of a row that breaks it.
#pragma once

#include "engine/target/foreign_keys.hpp"
#include "engine/write/partition_rows.hpp"

namespace sluice::engine {

// Where to look for rows that break a constraint.
struct ForeignKeyCheck {
	const leaf::ForeignKey &key;
	bool own;				   // of the table that was loaded
	const PartitionRows *rows; // of that table; null: all that are there
	Oid owner;				   // of it, as whom the query runs
	Oid reader;				   // who is told
	const char *hint;
};
// What it needs is locked. Throws Error 23503.
void CheckForeignKey(const ForeignKeyCheck &check);

} // namespace sluice::engine
