// Where a query orders, compares or searches texts, which their source does by rules of its own. Leaf code: may raise.
#pragma once

#include "engine/transform/meaning_search.hpp"

namespace sluice::engine::leaf {

// Of one expression, not of those within it.
void LookAtOrder(MeaningSearch *search, Node *node);
// Of ORDER BY, GROUP BY, DISTINCT and the like.
void LookAtKeys(MeaningSearch *search, List *clauses, List *target_list, Difference difference);

} // namespace sluice::engine::leaf
