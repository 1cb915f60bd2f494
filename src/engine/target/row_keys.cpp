#include "engine/target/row_keys.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::vector<std::string>
RowKeys(const catalog::Pipeline &pipeline, std::vector<std::string> own, const Destination &destination)
{
	if (!own.empty()) {
		return own;
	}
	pg::SqlResult const rows =
		pg::Sql("SELECT a.attname FROM pg_catalog.pg_index AS i CROSS JOIN LATERAL "
				"pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (number, place) JOIN "
				"pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum "
				"OPERATOR(pg_catalog.=) k.number WHERE i.indrelid OPERATOR(pg_catalog.=) $1::pg_catalog.oid AND "
				"i.indisprimary AND k.place OPERATOR(pg_catalog.<=) i.indnkeyatts ORDER BY k.place",
				{Format("{}", destination.oid)});
	for (size_t row = 0; row < rows.Rows(); ++row) {
		own.push_back(rows.Text(row, 0));
	}
	if (own.empty()) {
		throw Error(
			sqlstate::kPipelineIncomplete,
			Format("pipeline \"{}\" has no key_columns, and {} no primary key", pipeline.name, destination.name),
			"Give the destination a primary key.");
	}
	return own;
}

} // namespace sluice::engine
