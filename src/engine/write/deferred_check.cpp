#include "engine/write/deferred_check.hpp"

#include "catalog/deferred_checks.hpp"
#include "core/sqlstate.hpp"
#include "engine/target/partitions.hpp"
#include "engine/write/key_violation.hpp"
#include "pg/constraint_timing.hpp"
#include "pg/extension.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

// InvalidOid when it was dropped.
Oid
OwnerOf(Oid table)
{
	Oid owner = InvalidOid;
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (HeapTupleIsValid(tuple)) {
		owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

} // namespace

} // namespace leaf

namespace {

// Nothing where all rows of the table are to be looked at.
std::optional<std::vector<catalog::DeferredCheck::Part>>
WrittenParts(const PartitionRows &rows)
{
	std::vector<catalog::DeferredCheck::Part> parts;
	for (const PartitionRows::Part &part : rows.Parts()) {
		if (!part.written) {
			return std::nullopt;
		}
		parts.push_back({part.partition, part.written->first_block});
	}
	return parts;
}

PartitionRows
RowsOf(const catalog::DeferredCheck &check)
{
	PartitionRows rows(check.table, false);
	for (const catalog::DeferredCheck::Part &part : *check.parts) {
		if (part.file == catalog::DeferredCheck::File::Gone) {
			continue;
		}
		if (!pg::Call(leaf::IsWithin, part.partition, check.table)) {
			throw Error(sqlstate::kObjectNotInPrerequisiteState,
						Format("partition {} was detached before a foreign key of its new rows was checked",
							   pg::QualifiedName(part.partition)),
						"Detach it in another transaction, or after SET CONSTRAINTS ALL IMMEDIATE.");
		}
		if (part.file == catalog::DeferredCheck::File::Same) {
			rows.AddWritten(part.partition, part.first_block, check.written_by);
		} else {
			// It was written anew: a place there says nothing.
			rows.Add(part.partition, part.partition);
		}
	}
	return rows;
}

// What SET CONSTRAINTS has just made immediate by its name.
void
CheckWhatIsDue()
{
	if (!pg::FindExtension().Exists()) {
		return;
	}
	for (const catalog::DeferredRow &pending : catalog::ListDeferredChecks()) {
		if (pg::TimingOf(pending.constraint) != pg::ConstraintTiming::Deferred) {
			CheckDeferred(pending.row);
		}
	}
}

void
WhenSetImmediate()
{
	pg::Entry(CheckWhatIsDue);
}

} // namespace

void
DeferCheck(const leaf::ForeignKey &key, bool own, const PartitionRows &rows)
{
	pg::CallWhenSetImmediate(WhenSetImmediate);
	catalog::DeferredCheck check;
	check.constraint = key.constraint;
	check.table = rows.Table();
	check.loaded_by = GetUserId();
	if (own) {
		check.parts = WrittenParts(rows);
		if (check.parts && check.parts->empty()) {
			return;
		}
		for (const PartitionRows::Part &part : rows.Parts()) {
			check.written_by = part.written ? part.written->transaction : check.written_by;
		}
	}
	catalog::AddDeferredCheck(check);
}

void
CheckDeferred(const std::string &row)
{
	std::optional<catalog::DeferredCheck> const check = catalog::TakeDeferredCheck(row);
	leaf::ForeignKey key{};
	if (!check || !pg::Call(leaf::FindForeignKey, check->constraint, &key)) {
		return;
	}
	Oid const owner = pg::Call(leaf::OwnerOf, check->table);
	bool const own = pg::Call(leaf::IsWithin, key.referencing, check->table);
	pg::Call(CommandCounterIncrement);
	std::optional<PartitionRows> rows;
	if (check->parts) {
		rows.emplace(RowsOf(*check));
	}
	CheckForeignKey({key, own, rows ? &*rows : nullptr, owner, check->loaded_by,
					 own ? "Load the referenced rows in the same transaction."
						 : "Load the rows that refer to it in the same transaction."});
}

} // namespace sluice::engine
