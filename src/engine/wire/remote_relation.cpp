#include "engine/wire/remote_relation.hpp"

#include "core/identifier.hpp"
#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

// Every relation whose name fits when case is ignored, in the order in which the path would find it.
constexpr const char *kCandidates =
	"SELECT n.nspname, c.relname, "
	"c.relkind OPERATOR(pg_catalog.=) 'r' AND NOT c.relhassubclass AND NOT c.relrowsecurity AND NOT EXISTS (SELECT "
	"FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) "
	"0 "
	"AND NOT a.attisdropped AND pg_catalog.to_jsonb(a) OPERATOR(pg_catalog.->>) 'attgenerated' "
	"OPERATOR(pg_catalog.<>) ''), c.oid, c.relkind "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
	"WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog.\"char\"[]) "
	"AND pg_catalog.lower(c.relname::pg_catalog.text) OPERATOR(pg_catalog.=) pg_catalog.lower($1::pg_catalog.text) "
	"AND CASE WHEN $2::pg_catalog.text IS NULL "
	"THEN n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(true)) "
	"ELSE pg_catalog.lower(n.nspname::pg_catalog.text) OPERATOR(pg_catalog.=) pg_catalog.lower($2::pg_catalog.text) "
	"END ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(true), n.nspname), n.nspname, c.relname";

std::string
Qualified(const pg::SqlResult &rows, size_t row)
{
	return pg::QuoteIdentifier(rows.Text(row, 0)) + "." + pg::QuoteIdentifier(rows.Text(row, 1));
}

RemoteRelation
Take(const pg::SqlResult &rows, size_t row)
{
	const std::string &kind = rows.Text(row, 4);
	return {Qualified(rows, row), rows.IsTrue(row, 2), rows.Text(row, 0), rows.Text(row, 3),
			kind.empty() ? RELKIND_VIEW : kind.front()};
}

} // namespace

std::optional<RemoteRelation>
LookForRemoteRelation(pg::RemoteConnection &remote, const std::string &server, const std::string &name,
					  const char *what, RunJournal &journal)
{
	std::vector<NamePart> const parts = SplitNameParts(name);
	if (parts.size() > 2) {
		throw Error(sqlstate::kInvalidName, Format("{} \"{}\" has too many parts", what, name),
					"Write schema.table; the database is an option of the server.");
	}
	const NamePart &table = parts.back();
	const NamePart *schema = parts.size() == 2 ? &parts.front() : nullptr;
	pg::SqlResult const rows =
		remote.Exec(kCandidates, {table.text, schema != nullptr ? pg::SqlValue(schema->text) : std::nullopt});

	auto fits = [&](size_t row, bool quoted_only) {
		bool const table_exact = rows.Text(row, 1) == table.text;
		bool const schema_exact = schema == nullptr || rows.Text(row, 0) == schema->text;
		return (table_exact || (quoted_only && !table.quoted)) && (schema_exact || (quoted_only && !schema->quoted));
	};
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (fits(row, false)) {
			return Take(rows, row);
		}
	}
	std::vector<size_t> near;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		if (fits(row, true)) {
			near.push_back(row);
		}
	}
	if (near.size() == 1) {
		journal.Info(
			Format("{} \"{}\" was found as {}: the names differ in case", what, name, Qualified(rows, near.front())));
		return Take(rows, near.front());
	}
	if (near.size() > 1) {
		std::string list;
		for (size_t row : near) {
			list += (list.empty() ? "" : ", ") + Qualified(rows, row);
		}
		throw Error(sqlstate::kAmbiguousAlias, Format("{} \"{}\" is ambiguous at server \"{}\"", what, name, server),
					"Write the exact name, in double quotes.", Format("It could be {}.", list));
	}
	return std::nullopt;
}

RemoteRelation
FindRemoteRelation(pg::RemoteConnection &remote, const std::string &server, const std::string &name,
				   RunJournal &journal)
{
	std::optional<RemoteRelation> found = LookForRemoteRelation(remote, server, name, "source table", journal);
	if (found) {
		return std::move(*found);
	}
	pg::SqlResult const path =
		remote.Exec("SELECT pg_catalog.array_to_string(pg_catalog.current_schemas(false), ', ')");
	throw Error(sqlstate::kUndefinedTable, Format("source table \"{}\" does not exist at server \"{}\"", name, server),
				SplitNameParts(name).size() == 1
					? Format("It was looked for in the remote user's search_path ({}); write schema.table for "
							 "another schema.",
							 path.Text(0, 0))
					: "Check the spelling, the server's dbname and the remote user's rights on the schema.");
}

} // namespace sluice::engine
