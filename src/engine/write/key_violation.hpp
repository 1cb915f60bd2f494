// One foreign key, checked set-based: the query, and what is said of a row that breaks it.
#pragma once

#include "core/error.hpp"
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
// A row that breaks it. values: its key, as "(a, b)=(1, 2)"; has_null: part of it is null.
Error ViolationOf(const ForeignKeyCheck &check, const std::string &values, bool has_null);
// What it needs is locked. Throws Error 23503.
void CheckForeignKey(const ForeignKeyCheck &check);

} // namespace sluice::engine
