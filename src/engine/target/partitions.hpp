// What a partitioned destination is like, with all its partitions: whether rows for it may be routed past SQL.
#pragma once

#include "engine/target/lock_attempt.hpp"
#include "engine/target/table_facts.hpp"

namespace sluice::engine::leaf {

// Fills in what only a look at every partition tells. Keeps no lock.
void DescribePartitions(Relation parent, bool replace, TableTraits *traits);
// Why rows may not be appended to this partition past SQL, or NULL; asked again when rows first go there. The reason
// names it.
const char *WhyNotRoutedTo(Relation relation);
// Constraints as they are now that rows are in the partitions, and so locked. Raises 55000 for one that no query
// checks.
ForeignKeyList *ForeignKeysOfTree(Relation parent);
// Whether one of these keys leads from the table, or a partition of it, to itself.
bool RefersToItself(Relation table, const ForeignKeyList *keys);
bool ArePartitionsEmpty(Relation parent);
// Whether it is that table or a partition of it, at any level.
bool IsWithin(Oid relation, Oid table);

// The partitions that hold rows themselves, at all levels.
TreeMembers *ListLeaves(Relation parent);
// The partitioned tables, the parent first.
TreeMembers *ListBranches(Relation parent);

} // namespace sluice::engine::leaf
