#include "engine/sinks/foreign_key_check.hpp"

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
		info.hint = "Load the referenced rows first, or leave such rows out with filter.";
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

} // namespace

void
CheckForeignKeys(const leaf::ForeignKeyList &list, const ForeignKeyScope &scope, const LockPatience &patience,
				 RunJournal &journal)
{
	if (list.count == 0) {
		return;
	}
	pg::Call(CommandCounterIncrement);
	pg::SqlOptions options;
	options.run_as = scope.owner;
	options.latest_snapshot = true;
	for (int i = 0; i < list.count; ++i) {
		const leaf::ForeignKey &key = list.keys[i];
		bool const own = key.referencing == scope.table;
		Oid const other = own ? key.referenced : key.referencing;
		if (other != scope.table) {
			LockTable(other, ShareRowExclusiveLock, patience, "checking foreign keys", journal);
		}
		std::string const referencing = own ? scope.rows_in : pg::QualifiedName(key.referencing);
		std::string const referenced =
			key.referenced == scope.table ? scope.rows_in : pg::QualifiedName(key.referenced);
		std::string const query = pg::Call(leaf::ForeignKeyQuery, key.constraint, referencing.c_str(),
										   referenced.c_str(), own ? scope.condition.c_str() : "");
		pg::SqlResult const broken = pg::Sql(query, {}, options);
		if (!broken.Empty()) {
			ReportViolation(key, own, broken.Text(0, 0), own && broken.IsTrue(0, 1));
		}
		journal.Info(Format("foreign key \"{}\" checked by one query", key.name));
	}
}

} // namespace sluice::engine
