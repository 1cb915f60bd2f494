// Columns of the destination that a mirror or a history fills by itself: that they are there, and of which types.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/load_plan.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine {

// Nothing where there is no such column.
using ColumnTypeOf = std::function<std::optional<Oid>(const std::string &column)>;

// table: as users are told it, altered: as a statement calls it. Sets what the plan has to know of them; throws Error.
void CheckFilledColumns(LoadMode mode, const std::string &table, const std::string &altered,
						const ColumnTypeOf &type_of, ComparePlan *compare);

} // namespace sluice::engine
