#include "engine/target/row_keys.hpp"

#include "core/sqlstate.hpp"
#include "engine/target/remote_destination.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// indnkeyatts is read as JSON, because older servers lack it.
constexpr const char *kPrimaryKey =
	"SELECT a.attname FROM pg_catalog.pg_index AS i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) "
	"WITH ORDINALITY AS k (number, place) JOIN pg_catalog.pg_attribute AS a ON a.attrelid OPERATOR(pg_catalog.=) "
	"i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.number WHERE i.indrelid OPERATOR(pg_catalog.=) "
	"$1::pg_catalog.oid AND i.indisprimary AND k.place OPERATOR(pg_catalog.<=) COALESCE((pg_catalog.to_jsonb(i) "
	"OPERATOR(pg_catalog.->>) 'indnkeyatts')::pg_catalog.int4, i.indnatts) ORDER BY k.place";

} // namespace

std::vector<std::string>
RowKeys(const catalog::Pipeline &pipeline, std::vector<std::string> own, const Destination &destination)
{
	if (!own.empty()) {
		return own;
	}
	pg::SqlResult const rows = destination.remote != nullptr
								   ? destination.remote->Exec(kPrimaryKey, {destination.remote->RelationOid()})
								   : pg::Sql(kPrimaryKey, {Format("{}", destination.oid)});
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
