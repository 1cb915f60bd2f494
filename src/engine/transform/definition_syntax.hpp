// What a pipeline's columns, filter and source_query may look like, decided by the raw parser alone:
// nothing is analyzed or planned, so no user code can run (design rule 2).
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Raise 42601 unless the text is one select list, or one condition.
void CheckSelectList(const char *columns);
void CheckCondition(const char *filter);
void CheckScope(const char *scope);
// Raises 42601 unless the text is one SELECT; returns it without what follows its semicolon (palloc).
char *CheckQuery(const char *query);
// The same for a transform, which must not write either.
char *CheckTransform(const char *query);

} // namespace sluice::engine::leaf
