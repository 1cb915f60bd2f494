#include "engine/write/foreign_key_check.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
RelationName(Oid relation)
{
	return pg::Call(get_rel_name, relation);
}

[[noreturn]] void
ReportViolation(const leaf::ForeignKey &key, bool own, const std::string &values, bool has_null)
{
	std::string const referencing = RelationName(key.referencing);
	std::string const referenced = RelationName(key.referenced);
	bool const show = pg::Call(leaf::MayShowKey, key.referencing, key.referenced);
	ErrorInfo info;
	info.sqlstate = sqlstate::kForeignKeyViolation;
	if (own) {
		info.message =
			Format("insert or update on table \"{}\" violates foreign key constraint \"{}\"", referencing, key.name);
		info.detail = has_null ? "MATCH FULL does not allow mixing of null and nonnull key values."
					  : show   ? Format("Key {} is not present in table \"{}\".", values, referenced)
							   : Format("Key is not present in table \"{}\".", referenced);
		info.hint = "Load the referenced rows first.";
	} else {
		info.message = Format("update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
							  referenced, key.name, referencing);
		info.detail = show ? Format("Key {} is still referenced from table \"{}\".", values, referencing)
						   : Format("Key is still referenced from table \"{}\".", referencing);
		info.hint = "The source no longer has a row that another table refers to.";
	}
	info.table_name = referencing;
	info.constraint_name = key.name;
	throw Error(std::move(info));
}

// Where to look for the rows of one side of a constraint.
struct Side {
	Oid relation;
	bool is_own;
	bool referencing;
};

std::string
RowsOf(const leaf::ForeignKey &key, const Side &side, const PartitionRows &rows)
{
	if (!side.is_own) {
		return pg::Call(leaf::FromItem, side.relation);
	}
	return rows.FromItem(side.relation, pg::Call(leaf::ForeignKeyColumns, key.constraint, side.referencing),
						 side.referencing);
}

} // namespace

void
CheckForeignKeys(const leaf::ForeignKeyList &list, Oid owner, const PartitionRows &rows, const LockPatience &patience,
				 RunJournal &journal)
{
	if (list.count == 0) {
		return;
	}
	pg::Call(CommandCounterIncrement);
	pg::SqlOptions options;
	options.run_as = owner;
	options.latest_snapshot = true;
	for (int i = 0; i < list.count; ++i) {
		const leaf::ForeignKey &key = list.keys[i];
		Side const referencing{key.referencing, rows.Holds(key.referencing), true};
		Side const referenced{key.referenced, rows.Holds(key.referenced), false};
		bool const own = referencing.is_own;
		LockTree(own ? key.referenced : key.referencing, ShareRowExclusiveLock, patience, "checking foreign keys",
				 journal);
		std::string const query =
			pg::Call(leaf::ForeignKeyQuery, key.constraint, RowsOf(key, referencing, rows).c_str(),
					 RowsOf(key, referenced, rows).c_str());
		pg::SqlResult const broken = pg::Sql(query, {}, options);
		if (!broken.Empty()) {
			ReportViolation(key, own, broken.Text(0, 0), own && broken.IsTrue(0, 1));
		}
		journal.Info(Format("foreign key \"{}\" checked by one query", key.name));
	}
}

} // namespace sluice::engine
