// Amounts of money within values that travel as text: which types hold some is asked of the server that knows them.
#pragma once

#include "engine/wire/type_shape.hpp"

namespace sluice::engine {

struct MoneyWithin {
	std::set<Oid> types; // those of the given ones that hold money somewhere within
	std::string locale;	 // the server's lc_monetary
};

// Of types whose numbers only that server knows; the text of all others tells no amount.
MoneyWithin FindMoneyWithin(const AskServer &ask, const std::vector<Oid> &types);

// This session's lc_monetary.
std::string MoneyLocaleHere();

} // namespace sluice::engine
