#include "engine/source/postgres/postgres_path.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kPathBegins =
	"SELECT NOT 'pg_catalog'::pg_catalog.name OPERATOR(pg_catalog.=) ANY ((pg_catalog.current_schemas(false))[2:])";

// What takes an argument of a type of PostgreSQL's own can be the better match for a literal of another one:
// >(integer, numeric). Comparisons are written as words, too (LIKE, IN, BETWEEN); of all else the name stands there.
constexpr const char *kImpostors =
	"SELECT pg_catalog.format('operator %I.%s', n.nspname, o.oprname) FROM pg_catalog.pg_operator o "
	"JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace "
	"WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)) "
	"AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name "
	"AND (o.oprname OPERATOR(pg_catalog.=) ANY ('{=,<>,<,<=,>,>=,~~,!~~,~~*,!~~*}'::pg_catalog.name[]) "
	"OR pg_catalog.strpos($1, o.oprname::pg_catalog.text) OPERATOR(pg_catalog.>) 0) "
	"AND EXISTS (SELECT FROM pg_catalog.pg_type t WHERE (t.oid OPERATOR(pg_catalog.=) o.oprleft "
	"OR t.oid OPERATOR(pg_catalog.=) o.oprright) AND t.typnamespace OPERATOR(pg_catalog.=) "
	"'pg_catalog'::pg_catalog.regnamespace) "
	"UNION ALL SELECT pg_catalog.format('function %I.%I', n.nspname, p.proname) FROM pg_catalog.pg_proc p "
	"JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace "
	"WHERE n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)) "
	"AND n.nspname OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name "
	"AND pg_catalog.strpos(pg_catalog.translate(pg_catalog.lower($1), E' \\t\\n\\r\"', ''), "
	"pg_catalog.lower(p.proname::pg_catalog.text) OPERATOR(pg_catalog.||) '(') OPERATOR(pg_catalog.>) 0 LIMIT 1";

} // namespace

std::string
WhyPathMisleads(pg::RemoteConnection &remote, const std::string &condition)
{
	if (!remote.Exec(kPathBegins).IsTrue(0, 0)) {
		return "the search_path of the source's user has schemas before pg_catalog";
	}
	pg::SqlResult const found = remote.Exec(kImpostors, {condition});
	return found.Empty() ? std::string()
						 : Format("the source's user finds {} there, which could be taken for PostgreSQL's own",
								  found.Text(0, 0));
}

} // namespace sluice::engine
