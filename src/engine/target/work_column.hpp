// A column of the table that a load by keys works on, here or at another server.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::engine {

struct WorkColumn {
	std::string name;
	std::string type;		// as a definition says it, with its collation
	bool assignable = true; // by an UPDATE
	bool is_stamp = false;	// says nothing of whether a row has changed
	// Of a key: "OPERATOR(pg_catalog.=)", by which the type's own indexes are unique; and whether ORDER BY takes it.
	std::string equals;
	bool sortable = true;
	bool is_fixed = false; // where it is found, it has the very bytes that it was looked for by
	int16_t number = 0;	   // its place in the table, of one of this database
};

} // namespace sluice::engine
