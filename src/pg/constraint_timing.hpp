// When a constraint that is DEFERRABLE is checked: INITIALLY DEFERRED and SET CONSTRAINTS say so, and only the server's
// queue of triggers knows what both come to just now.
#pragma once

#include "pg/guard.hpp"

namespace sluice::pg {

enum class ConstraintTiming {
	Immediate,
	Deferred, // to the end of the transaction, or SET CONSTRAINTS ... IMMEDIATE
	Mixed	  // its parts, one for each partition, were named by themselves
};

ConstraintTiming TimingOf(Oid constraint);

// From now on calls it after each SET CONSTRAINTS ... IMMEDIATE in this session that names constraints. One of all
// constraints fires the server's own triggers.
void CallWhenSetImmediate(void (*callback)());

} // namespace sluice::pg
