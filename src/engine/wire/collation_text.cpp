#include "engine/wire/collation_text.hpp"

namespace sluice::engine {

namespace {

constexpr std::string_view kVersionMark = " version ";

std::string
JsonField(const std::string &json, const char *name)
{
	return "(" + json + " OPERATOR(pg_catalog.->>) '" + name + "')";
}

// The database's, as SQL: provider, names, the library's version, encoding.
std::string
DatabaseText()
{
	std::string const j = "pg_catalog.to_jsonb(db)";
	std::string const provider = JsonField(j, "datlocprovider");
	return "(SELECT CASE WHEN " + provider +
		   " OPERATOR(pg_catalog.=) 'i' THEN pg_catalog.format('icu %s true %s', COALESCE(" +
		   JsonField(j, "daticulocale") + ", " + JsonField(j, "datlocale") + "), " + JsonField(j, "daticurules") +
		   ") WHEN " + provider + " OPERATOR(pg_catalog.=) 'b' THEN pg_catalog.format('builtin %s', " +
		   JsonField(j, "datlocale") +
		   ") ELSE pg_catalog.format('libc %s %s', db.datcollate, db.datctype) END OPERATOR(pg_catalog.||) "
		   "pg_catalog.format(' %s version %s', pg_catalog.pg_encoding_to_char(db.encoding), " +
		   JsonField(j, "datcollversion") +
		   ") FROM pg_catalog.pg_database db WHERE db.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())";
}

// "en_US.UTF-8" and "en_US.utf8" are one, "POSIX" is "C", and that has no versions.
std::string
Normalized(const std::string &collation, std::string *version)
{
	size_t const mark = collation.rfind(kVersionMark);
	std::string text = collation.substr(0, mark);
	*version = mark == std::string::npos ? std::string() : collation.substr(mark + kVersionMark.size());
	std::string result;
	for (size_t i = 0; i < text.size(); ++i) {
		char const c = text[i];
		if (c != '-' || text.compare(0, 4, "libc") != 0) {
			result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
		}
	}
	for (size_t at = result.find(" posix"); at != std::string::npos; at = result.find(" posix")) {
		result.replace(at, 6, " c");
	}
	if (result.compare(0, 9, "libc c c ") == 0) {
		version->clear();
	}
	return result;
}

} // namespace

std::string
CollationText(const std::string &alias)
{
	std::string const j = "pg_catalog.to_jsonb(" + alias + ")";
	std::string const provider = JsonField(j, "collprovider");
	return "CASE WHEN " + alias + ".oid OPERATOR(pg_catalog.=) 100::pg_catalog.oid THEN " + DatabaseText() +
		   " ELSE CASE WHEN " + provider +
		   " OPERATOR(pg_catalog.=) 'i' THEN pg_catalog.format('icu %s %s %s', COALESCE(" +
		   JsonField(j, "colliculocale") + ", " + JsonField(j, "colllocale") + ", " + JsonField(j, "collcollate") +
		   "), COALESCE(" + JsonField(j, "collisdeterministic") + ", 'true'), " + JsonField(j, "collicurules") +
		   ") WHEN " + provider + " OPERATOR(pg_catalog.=) 'b' THEN pg_catalog.format('builtin %s', " +
		   JsonField(j, "colllocale") + ") ELSE pg_catalog.format('libc %s %s', " + alias + ".collcollate, " + alias +
		   ".collctype) END OPERATOR(pg_catalog.||) pg_catalog.format(' %s version %s', (SELECT "
		   "pg_catalog.pg_encoding_to_char(db.encoding) FROM pg_catalog.pg_database db WHERE db.datname "
		   "OPERATOR(pg_catalog.=) pg_catalog.current_database()), " +
		   JsonField(j, "collversion") + ") END";
}

std::string
DatabaseCollation(const AskServer &ask)
{
	return ask("SELECT " + DatabaseText(), {}).Text(0, 0);
}

std::vector<std::string>
ColumnCollations(const AskServer &ask, const std::string &from, const std::vector<std::string> &columns)
{
	std::vector<std::string> collations(columns.size());
	std::string list;
	std::string read;
	for (const std::string &column : columns) {
		read += (read.empty() ? "source." : ", source.") + column;
		list += (list.empty() ? "" : ", ") + Format("pg_catalog.pg_collation_for(source.{})", column);
	}
	// Nothing is read: the one row has no values, but their collations.
	pg::SqlResult const names =
		ask("SELECT " + list + " FROM (SELECT 1) one LEFT JOIN (SELECT " + read + " FROM " + from +
				(from.compare(0, 1, "(") == 0 ? "" : " AS source") + " WHERE false) source ON true",
			{});
	std::map<std::string, std::string> texts;
	for (size_t i = 0; i < columns.size(); ++i) {
		const std::string &name = names.Text(0, i);
		auto const known = texts.find(name);
		if (known != texts.end() || name.empty()) {
			collations[i] = name.empty() ? std::string() : known->second;
			continue;
		}
		pg::SqlResult const text =
			ask("SELECT " + CollationText("co") +
					" FROM pg_catalog.pg_collation co JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) "
					"co.collnamespace WHERE pg_catalog.format('%I.%I', n.nspname, co.collname) OPERATOR(pg_catalog.=) "
					"$1::pg_catalog.text OR (pg_catalog.format('%I', co.collname) OPERATOR(pg_catalog.=) "
					"$1::pg_catalog.text AND pg_catalog.pg_collation_is_visible(co.oid)) LIMIT 1",
				{name});
		collations[i] = text.Empty() ? std::string() : text.Text(0, 0);
		texts.emplace(name, collations[i]);
	}
	return collations;
}

bool
SameCollation(const std::string &one, const std::string &other)
{
	std::string version;
	std::string other_version;
	return !one.empty() && Normalized(one, &version) == Normalized(other, &other_version) &&
		   (version.empty() || other_version.empty() || version == other_version);
}

bool
IsDeterministic(const std::string &collation)
{
	return collation.compare(0, 4, "icu ") != 0 || collation.find(" false ") == std::string::npos;
}

} // namespace sluice::engine
