// What a comparison of rows with those of a destination finds, and what a load then writes: all that passes between the
// two, however rows are compared.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::engine {

// Columns of the tables below: where the row lies that is meant. A table that is partitioned has several rows at a
// place.
inline constexpr const char *kPart = "\"pg_sluice part\"";	 // oid of the table or partition
inline constexpr const char *kPlace = "\"pg_sluice place\""; // tid

struct RowChanges {
	// A temporary table: the columns that are loaded; kPart and kPlace of the row that such a row is to replace, NULL
	// where its key is not there. all_new: it has no places, because there is no row yet.
	std::string rows;
	bool all_new = false;
	// A temporary table: kPart and kPlace of rows whose key the source does not have any more; '': there are none.
	std::string gone;

	int64_t created = 0; // of rows: their key is not there
	int64_t changed = 0;
	int64_t gone_count = 0;
};

// "d.tableoid = c.part AND d.ctid = c.place"
std::string AtPlace(const char *destination, const char *changes);

} // namespace sluice::engine
