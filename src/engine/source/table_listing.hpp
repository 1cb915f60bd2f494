// The tables of a source, for who makes a pipeline of each: what is there, and of one table what its rows are known by.
#pragma once

#include <string>
#include <vector>

#include "engine/source/source_name.hpp"

namespace sluice::engine {

struct ListedTable {
	SourceName name;
	std::string oid;		   // of PostgreSQL's
	bool by_name_only = false; // a view, or a part of another table
	bool visible = false;	   // it is found without its schema
	bool readable = true;	   // all of it, by who is connected
};

struct ListedColumn {
	std::string name;
	bool not_null = false;
	bool can_be_cursor = false;
};

struct TableKeys {
	std::vector<std::string> key; // the primary key's columns, in its order; empty: there is none
	std::vector<ListedColumn> columns;
};

// More than one call makes pipelines of.
inline constexpr size_t kMostListed = 100'000;

class TableListing {
public:
	TableListing() = default;
	virtual ~TableListing() = default;
	TableListing(const TableListing &) = delete;
	TableListing &operator=(const TableListing &) = delete;

	// None of the server's own; kMostListed and one more at most.
	virtual std::vector<ListedTable> Tables() = 0;
	virtual TableKeys Keys(const ListedTable &table) = 0;
};

} // namespace sluice::engine
