// Leaf behind destination.hpp: what a load has to know of a table, with all its partitions.
#pragma once

#include "engine/target/table_facts.hpp"

namespace sluice::engine::leaf {

void DescribeTable(Relation destination, bool replace, TableTraits *traits);
bool IsEmpty(Relation destination);
// Why rows cannot be compared beside a walk through its heap, or ''.
const char *WhyNotWalked(Relation relation);
// Whether a table has any row that a statement would see now.
bool HasRows(Relation table);

} // namespace sluice::engine::leaf
