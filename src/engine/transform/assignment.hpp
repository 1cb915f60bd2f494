// Leaf: what assigning an expression to a destination's column may do to its values, and the call that makes a load
// fail where it would change one.
#pragma once

#include "core/assignment_loss.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// Whether the clock of that time zone changes, so that there are local times that are left out or come twice. zone:
// NULL for this session's.
bool ClockChanges(const char *zone);

// Behind domains and arrays, where both have them.
AssignmentFit FitOfTypes(Oid from, int32 from_modifier, Oid to, int32 to_modifier, bool clock_changes);
// A value that the user wrote himself fits; a row is as its fields are.
AssignmentFit FitOfExpression(Node *expression, Oid to, int32 to_modifier);

// The expression, or a call of sluice.assign_exactly with it where the assignment may change a value: then it is of
// the type behind the domain. What no assignment takes is left alone.
Node *AssignedExactly(Node *expression, Oid to, int32 to_modifier, const char *column);
// The same in a statement, around SQL that gives a value.
const char *AssignExactlyText(const char *value, Oid to, int32 to_modifier, const char *column);

} // namespace sluice::engine::leaf
