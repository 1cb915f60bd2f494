#include "engine/source/source_name.hpp"

#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "engine/transform/mapped_query.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::string
FoldCase(const std::string &name)
{
	return pg::Sql("SELECT pg_catalog.lower($1)", {name}).Text(0, 0);
}

} // namespace

SourceName
SplitSourceName(const std::string &text)
{
	std::vector<std::string> parts = SplitQualifiedName(text);
	if (parts.size() > 2) {
		throw Error(sqlstate::kInvalidName, Format("source_table \"{}\" has too many parts", text),
					"Write it as schema.table, or database.table for MySQL.");
	}
	return parts.size() == 2 ? SourceName{parts[0], parts[1]} : SourceName{"", parts[0]};
}

Error
SourceTableNotFound(const std::string &source_table, const std::string &server_name,
					const std::vector<SourceName> &alike)
{
	std::vector<std::string> names;
	for (const SourceName &name : alike) {
		names.push_back(name.schema + "." + name.table);
	}
	return Error(sqlstate::kUndefinedTable,
				 Format("table \"{}\" does not exist at server \"{}\"", source_table, server_name),
				 names.empty() ? "Check the name and what the user of the mapping may see there."
							   : "Write source_table as database.table.",
				 names.empty() ? "" : Format("Tables of that name: {}.", NameList(names)));
}

std::optional<SourceName>
UniqueAlike(const SourceName &wanted, const std::vector<SourceName> &alike)
{
	std::optional<SourceName> found;
	if (wanted.schema.empty()) {
		return found;
	}
	std::string const schema = FoldCase(wanted.schema);
	for (const SourceName &candidate : alike) {
		if (FoldCase(candidate.schema) != schema) {
			continue;
		}
		if (found) {
			return std::nullopt;
		}
		found = candidate;
	}
	return found;
}

} // namespace sluice::engine
