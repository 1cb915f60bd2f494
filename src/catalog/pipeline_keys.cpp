#include "catalog/pipeline_keys.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

std::vector<std::string>
KeyColumns(const Pipeline &pipeline)
{
	std::vector<std::string> keys;
	if (!pipeline.key_columns || *pipeline.key_columns == "{}") {
		return keys;
	}
	pg::SqlResult const rows =
		Execute("SELECT k.name FROM unnest($1::text[]) WITH ORDINALITY k (name, position) ORDER BY k.position",
				{pipeline.key_columns});
	for (size_t row = 0; row < rows.Rows(); ++row) {
		keys.push_back(rows.Text(row, 0));
	}
	return keys;
}

} // namespace sluice::catalog
