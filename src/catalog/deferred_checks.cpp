#include "catalog/deferred_checks.hpp"

#include "catalog/statement.hpp"
#include "pg/extension.hpp"

namespace sluice::catalog {

namespace {

Oid
OidCell(const pg::SqlResult &result, size_t row, size_t column)
{
	return static_cast<Oid>(result.Integer(row, column));
}

} // namespace

void
AddDeferredCheck(const DeferredCheck &check)
{
	// SET CONSTRAINTS ALL IMMEDIATE may have come before that of the constraint alone.
	Execute("SET CONSTRAINTS sluice.pipeline_deferred_check DEFERRED");
	std::optional<std::string> partitions;
	std::optional<std::string> blocks;
	if (check.parts) {
		std::vector<std::string> oids;
		std::vector<std::string> numbers;
		for (const DeferredCheck::Part &part : *check.parts) {
			oids.push_back(std::to_string(part.partition));
			numbers.push_back(std::to_string(part.first_block));
		}
		partitions = PlainArray(oids);
		blocks = PlainArray(numbers);
	}
	pg::SqlOptions options;
	options.run_as = pg::RequireExtension().owner;
	options.keep_plan = true;
	options.queues_triggers = true;
	// All rows need to be looked at once only.
	pg::Sql(
		"INSERT INTO sluice.pipeline_deferred_checks (constraint_oid, table_oid, loaded_by, partitions, files, "
		"first_blocks, written_by) SELECT $1::oid, $2::oid, $3::oid, p.partitions, ARRAY (SELECT c.relfilenode FROM "
		"unnest(p.partitions) WITH ORDINALITY u (oid, n) JOIN pg_class c USING (oid) ORDER BY u.n), $5::bigint[], "
		"$6::xid FROM (SELECT $4::oid[] AS partitions) p WHERE p.partitions IS NOT NULL OR NOT EXISTS (SELECT FROM "
		"sluice.pipeline_deferred_checks d WHERE d.constraint_oid = $1::oid AND d.partitions IS NULL)",
		{Number(check.constraint), Number(check.table), Number(check.loaded_by), partitions, blocks,
		 Number(check.written_by)},
		options);
}

std::optional<DeferredCheck>
TakeDeferredCheck(const std::string &row)
{
	pg::SqlResult const found = Execute(
		"WITH taken AS (DELETE FROM sluice.pipeline_deferred_checks d WHERE d.ctid = $1::tid RETURNING *) "
		"SELECT t.constraint_oid, t.table_oid, t.loaded_by, t.written_by, t.partitions IS NULL, p.partition, "
		"p.first_block, p.oid IS NULL, p.relfilenode = p.file FROM taken t LEFT JOIN LATERAL (SELECT u.partition, "
		"u.first_block, u.file, c.oid, c.relfilenode FROM unnest(t.partitions, t.files, "
		"t.first_blocks) u (partition, file, first_block) LEFT JOIN pg_class c ON c.oid = u.partition) p ON true",
		{row});
	if (found.Empty()) {
		return std::nullopt;
	}
	DeferredCheck check;
	check.constraint = OidCell(found, 0, 0);
	check.table = OidCell(found, 0, 1);
	check.loaded_by = OidCell(found, 0, 2);
	check.written_by = static_cast<TransactionId>(found.Integer(0, 3));
	if (found.IsTrue(0, 4)) {
		return check;
	}
	check.parts.emplace();
	for (size_t part = 0; part < found.Rows(); ++part) {
		check.parts->push_back({OidCell(found, part, 5), static_cast<BlockNumber>(found.Integer(part, 6)),
								found.IsTrue(part, 7)	? DeferredCheck::File::Gone
								: found.IsTrue(part, 8) ? DeferredCheck::File::Same
														: DeferredCheck::File::Other});
	}
	return check;
}

std::vector<DeferredRow>
ListDeferredChecks()
{
	pg::SqlResult const found =
		Execute("SELECT ctid, constraint_oid FROM sluice.pipeline_deferred_checks ORDER BY ctid");
	std::vector<DeferredRow> rows;
	for (size_t row = 0; row < found.Rows(); ++row) {
		rows.push_back({found.Text(row, 0), OidCell(found, row, 1)});
	}
	return rows;
}

} // namespace sluice::catalog
