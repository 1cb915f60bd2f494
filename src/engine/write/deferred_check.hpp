// Foreign keys that are deferred in the caller's transaction: the check of a whole load waits as one event in the
// server's queue of triggers, where a row of ordinary SQL has one of its own. So savepoints, SET CONSTRAINTS and
// PREPARE TRANSACTION do to it what they do to any. Only what names constraints does not reach it: that is listened to.
#pragma once

#include "engine/target/foreign_keys.hpp"
#include "engine/write/partition_rows.hpp"

namespace sluice::engine {

// The rows were written; what the check will read is locked.
void DeferCheck(const leaf::ForeignKey &key, bool own, const PartitionRows &rows);

// The check that stands in that row of the catalog, unless it was made before. Throws Error 23503.
void CheckDeferred(const std::string &row);

} // namespace sluice::engine
