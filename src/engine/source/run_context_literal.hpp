// Replaces calls of run_context() in a query that another server will run by a quoted literal: that
// server has no such function, and the context must arrive as a value, never as text (design rule 6).
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Returns the query with every run_context(), qualified or not, replaced, and without a semicolon at its end; palloc'd.
// Raises 42601 when it is more than one statement.
char *ReplaceRunContext(const char *query, const char *literal);

} // namespace sluice::engine::leaf
