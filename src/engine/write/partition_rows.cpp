#include "engine/write/partition_rows.hpp"

#include "engine/target/foreign_keys.hpp"
#include "engine/target/partitions.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

bool
PartitionRows::Holds(Oid relation) const
{
	return pg::Call(leaf::IsWithin, relation, table_);
}

std::string
PartitionRows::FromItem(Oid relation, const std::string &columns, bool only_new) const
{
	if (!only_new && !all_new_) {
		return pg::Call(leaf::FromItem, relation);
	}
	std::string rows;
	for (const Part &part : parts_) {
		if (pg::Call(leaf::IsWithin, part.partition, relation)) {
			rows += Format("{}SELECT {} FROM ONLY {} AS new", rows.empty() ? "" : " UNION ALL ", columns,
						   pg::QualifiedName(part.rows_in));
			if (part.written) {
				rows += Format(" WHERE new.ctid >= '({},0)'::pg_catalog.tid AND new.xmin = '{}'::pg_catalog.xid",
							   part.written->first_block, part.written->transaction);
			}
		}
	}
	if (rows.empty()) {
		rows = Format("SELECT {} FROM {} WHERE false", columns, pg::Call(leaf::FromItem, relation));
	}
	return "(" + rows + ")";
}

} // namespace sluice::engine
