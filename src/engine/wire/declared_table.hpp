// What a source's own catalog says of a table beyond the names and types of its columns: for a destination that is made
// after it. Texts in it were verified; the rest is of the source, and may be wrong.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

struct DeclaredColumn {
	bool not_null = false;
	bool identity = false; // it numbers its rows by itself
	std::string comment;
	std::string domain_schema; // whose values it has; '': no domain's
	std::string domain;
};

struct DeclaredIndex {
	struct Part {
		std::string column;
		bool descending = false;
		bool nulls_first = false;
	};

	std::string name;
	bool primary = false;
	bool unique = false;
	bool nulls_equal = false; // of a unique one
	std::vector<Part> parts;
	std::vector<std::string> included;
	std::string obstacle; // why there is nothing like it elsewhere; '': there is
};

// Columns by their names here. Empty where nothing is known.
struct DeclaredTable {
	std::string comment;
	std::map<std::string, DeclaredColumn> columns;
	std::vector<DeclaredIndex> indexes; // the primary key first
};

// More than anybody writes by hand: what is beyond is left out, as a comment that is longer is.
inline constexpr size_t kMostIndexes = 1'000;
std::string CommentIn(const pg::SqlResult &rows, size_t row, size_t column);

// Of a PostgreSQL table, partitioned or not; of other relations nothing. The search_path of who is asked has nothing
// before pg_catalog.
DeclaredTable ReadDeclaredTable(const AskServer &ask, const std::string &oid);

} // namespace sluice::engine
