#include "engine/write/key_violation.hpp"

#include "core/sqlstate.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
RelationName(Oid relation)
{
	return pg::Call(get_rel_name, relation);
}

} // namespace

Error
ViolationOf(const ForeignKeyCheck &check, const std::string &values, bool has_null)
{
	const leaf::ForeignKey &key = check.key;
	std::string const referencing = RelationName(key.referencing);
	std::string const referenced = RelationName(key.referenced);
	bool const show = pg::Call(leaf::MayShowKey, key.referencing, key.referenced, check.reader);
	ErrorInfo info;
	info.sqlstate = sqlstate::kForeignKeyViolation;
	info.hint = check.hint;
	if (check.own) {
		info.message =
			Format("insert or update on table \"{}\" violates foreign key constraint \"{}\"", referencing, key.name);
		info.detail = has_null ? "MATCH FULL does not allow mixing of null and nonnull key values."
					  : show   ? Format("Key {} is not present in table \"{}\".", values, referenced)
							   : Format("Key is not present in table \"{}\".", referenced);
	} else {
		info.message = Format("update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
							  referenced, key.name, referencing);
		info.detail = show ? Format("Key {} is still referenced from table \"{}\".", values, referencing)
						   : Format("Key is still referenced from table \"{}\".", referencing);
	}
	info.table_name = referencing;
	info.constraint_name = key.name;
	return Error(std::move(info));
}

namespace {

std::string
RowsOf(const ForeignKeyCheck &check, bool referencing)
{
	Oid const relation = referencing ? check.key.referencing : check.key.referenced;
	if (check.rows == nullptr || !check.rows->Holds(relation)) {
		return pg::Call(leaf::FromItem, relation);
	}
	return check.rows->FromItem(relation, pg::Call(leaf::ForeignKeyColumns, check.key.constraint, referencing),
								referencing);
}

} // namespace

void
CheckForeignKey(const ForeignKeyCheck &check)
{
	pg::SqlOptions options;
	options.run_as = check.owner;
	options.latest_snapshot = true;
	std::string const query = pg::Call(leaf::ForeignKeyQuery, check.key.constraint, RowsOf(check, true).c_str(),
									   RowsOf(check, false).c_str(), static_cast<const char *>(nullptr));
	pg::SqlResult const broken = pg::Sql(query, {}, options);
	if (!broken.Empty()) {
		throw ViolationOf(check, broken.Text(0, 0), check.own && broken.IsTrue(0, 1));
	}
}

} // namespace sluice::engine
