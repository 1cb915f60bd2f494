#include "core/own_columns.hpp"

namespace sluice {

std::vector<OwnColumn>
OwnColumns(LoadMode mode, const OptionValues &options)
{
	std::vector<OwnColumn> columns;
	if (mode == LoadMode::Mirror && options.IsGiven("soft_delete_column")) {
		columns.push_back({options.Text("soft_delete_column"), "soft_delete_column", "timestamp with time zone"});
	}
	if (mode == LoadMode::History) {
		columns.push_back(
			{options.Text("valid_from_column"), "valid_from_column", "timestamp with time zone NOT NULL"});
		columns.push_back({options.Text("valid_to_column"), "valid_to_column", "timestamp with time zone"});
		columns.push_back({options.Text("current_column"), "current_column", "boolean NOT NULL"});
	}
	return columns;
}

} // namespace sluice
