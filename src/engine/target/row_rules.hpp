// The rules that a row of a table can break by itself, for rows that are staged before a statement writes them.
#pragma once

#include <string>
#include <vector>

#include "engine/transform/column_match.hpp"

namespace sluice::engine {

// Why those rules do not tell whether a merge can write a row, as "because" goes on; '' when they do. key_index: the
// one by which rows are found.
std::string WhyUnforeseen(Oid table, const std::string &key_index);

// Why rows that SQL inserts cannot be tried and rolled back one by one, as "because" goes on; '' when they can.
// needs_sql: why only SQL inserts them.
std::string WhyNotTried(Oid relation, const std::string &needs_sql);

// Of the columns that are loaded, as what follows ALTER TABLE of a staging table that has these; '' where there are
// none. Keys may not be null. Throws Error where a rule is about other columns as well.
std::string RowRules(Relation destination, const std::vector<std::string> &keys, const ColumnMatch &match);

} // namespace sluice::engine
