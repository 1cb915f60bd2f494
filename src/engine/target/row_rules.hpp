// The rules that a row of a table can break by itself, for rows that are staged before a statement writes them.
#pragma once

#include <string>
#include <vector>

#include "engine/transform/column_match.hpp"
#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

// Why those rules do not tell whether a merge can write a row, as "because" goes on; '' when they do. key_index: the
// one by which rows are found.
std::string WhyUnforeseen(Oid table, const std::string &key_index);

// Why rows that SQL or another server inserts cannot be tried and rolled back one by one, as "because" goes on; '' when
// they can. relation: its OID where it is asked for.
std::string WhyNotTried(const AskServer &ask, const std::string &relation);

// Whose tables only look like plain ones, as "because" goes on: rows that do not come through SQL are lost there.
std::string DistributedBy(const AskServer &ask, const std::string &relation);

// Of the columns that are loaded, as what follows ALTER TABLE of a staging table that has these; '' where there are
// none. Keys may not be null. Throws Error where a rule is about other columns as well.
std::string RowRules(Relation destination, const std::vector<std::string> &keys, const ColumnMatch &match);

} // namespace sluice::engine
