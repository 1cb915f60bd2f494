// What is to be known of a foreign data wrapper where the executor reads or writes through it.
#pragma once

#include <string>
#include <vector>

#include "core/wrapper_setting.hpp"
#include "engine/source/fetch_size.hpp"
#include "engine/source/source_name.hpp"
#include "engine/source/wrapped_tables.hpp"
#include "engine/transform/column_match.hpp"

namespace sluice::engine {

// Functions that are NULL have nothing to see to.
struct Wrapper {
	const char *name;
	// An option of its foreign tables that makes it read a whole table faster.
	WrapperSetting setting;
	// Finds in a plan of its where the number of rows is that are fetched at a time; false where it looks in any other
	// way. Leaf regime.
	bool (*find_fetch)(const ForeignScan *scan, leaf::PlannedFetch *found);
	// Throws Error where the role may not read through it.
	void (*check_allowed)(Oid server, Oid role);
	// A query reads this table, these columns. Throws Error.
	void (*check_read)(const leaf::WrappedTable &table, Oid role);
	// A load writes this table. Throws Error.
	void (*check_written)(Oid table, const ColumnMatch &match);
	// Every table of the source whose name differs from this one in case at most.
	std::vector<SourceName> (*look_up)(const std::string &server, const std::string &table);
	// It ends without an error where it cannot hold a row: what to do then. NULL: it holds all.
	const char *loses_rows;
};

} // namespace sluice::engine
