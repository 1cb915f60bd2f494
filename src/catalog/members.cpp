#include "catalog/members.hpp"

#include "catalog/statement.hpp"
#include "pg/extension.hpp"

namespace sluice::catalog {

namespace {

// m.objid, of a catalog.
#define SLUICE_SQL_MEMBERS                                                                                             \
	"pg_depend m WHERE m.refclassid = 'pg_extension'::regclass AND m.refobjid = $1::oid AND m.deptype = 'e' "          \
	"AND m.classid = "

std::vector<std::string>
Texts(const pg::SqlResult &rows)
{
	std::vector<std::string> texts;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		texts.push_back(rows.Text(row, 0));
	}
	return texts;
}

} // namespace

std::vector<std::string>
Routines()
{
	pg::Extension const extension = pg::RequireExtension();
	return Texts(
		Execute("SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = $2::oid AND p.oid IN (SELECT "
				"m.objid FROM " SLUICE_SQL_MEMBERS "'pg_proc'::regclass) ORDER BY 1",
				{Number(extension.oid), Number(extension.schema)}));
}

std::vector<std::string>
Revocations()
{
	return Texts(Execute(
		"SELECT format('REVOKE %s ON %s %s FROM %s CASCADE', g.privilege_type, o.kind, o.name, "
		"CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END) FROM ("
		"SELECT 'ROUTINE' AS kind, p.oid::regprocedure::text AS name, p.proowner AS owner, "
		"COALESCE(p.proacl, acldefault('f', p.proowner)) AS acl, NULL AS kept FROM pg_proc p "
		"WHERE p.oid IN (SELECT m.objid FROM " SLUICE_SQL_MEMBERS "'pg_proc'::regclass) "
		"UNION ALL SELECT 'TABLE', c.oid::regclass::text, c.relowner, c.relacl, 'SELECT' FROM pg_class c "
		"WHERE c.oid IN (SELECT m.objid FROM " SLUICE_SQL_MEMBERS "'pg_class'::regclass) "
		"UNION ALL SELECT 'SCHEMA', n.oid::regnamespace::text, n.nspowner, n.nspacl, "
		"CASE n.nspname WHEN 'sluice' THEN 'USAGE' ELSE '' END FROM pg_namespace n "
		"WHERE n.oid IN (SELECT m.objid FROM " SLUICE_SQL_MEMBERS "'pg_namespace'::regclass)) o, aclexplode(o.acl) g "
		"WHERE g.grantee <> o.owner AND CASE o.kind WHEN 'ROUTINE' THEN g.grantee = 0 "
		"ELSE g.privilege_type <> o.kept END ORDER BY 1",
		{Number(pg::RequireExtension().oid)}));
}

} // namespace sluice::catalog
