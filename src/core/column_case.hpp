// How the columns of a source are called in the destination. Pure C++.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

enum class ColumnCase {
	Keep,
	Lower, // as SQL folds names: letters A to Z
	Snake, // "OrderId" and "Order-ID" are order_id
};

// Keep where it is none of the option's other values.
ColumnCase ParseColumnCase(std::string_view text);
std::string CasedName(std::string_view name, ColumnCase naming);

} // namespace sluice
