#include "engine/source/postgres/postgres_state.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"

namespace sluice::engine {

std::string
PostgresSourceState::TryFilter(const std::string &wanted, const std::string &before)
{
	std::optional<Error> const failure = remote->Try([&] {
		if (!before.empty()) {
			remote->Exec(before);
		}
		(void)remote->Describe("SELECT 1 FROM " + Named() + " WHERE (\n" + wanted + "\n)");
	});
	if (failure) {
		// Only what the source says of the statement: it may be of an older version.
		if (SqlStateText(failure->State()).substr(0, 2) != "42") {
			throw *failure;
		}
		return Format("the source refuses it: {}", Redact(failure->what()));
	}
	condition = wanted;
	setting = before;
	SetWhere();
	return {};
}

std::string
PostgresSourceState::ListOf(const std::vector<bool> &needed, bool *any_cast) const
{
	std::string list;
	for (size_t i = 0; i < columns.size(); ++i) {
		if (!needed[i]) {
			continue;
		}
		list += (list.empty() ? "" : ", ") + pg::QuoteIdentifier(columns[i].name);
		list += columns[i].cast;
		*any_cast = *any_cast || columns[i].cast[0] != '\0';
	}
	return list;
}

void
PostgresSourceState::SetWhere()
{
	where = condition.empty() ? "" : " WHERE (\n" + condition + "\n)";
	if (!range.empty()) {
		where += (where.empty() ? " WHERE " : " AND ") + range;
	}
	from = where.empty() ? from : Named();
}

std::string
PostgresSourceState::Select(const std::string &list, const SourceSpan &span) const
{
	std::string const alias = where.empty() ? "" : " AS source";
	std::string text = "SELECT " + list + " FROM " + (span.relation.empty() ? from : "ONLY " + span.relation + alias);
	text += where;
	if (!span.condition.empty()) {
		text += (where.empty() ? " WHERE (" : " AND (") + span.condition + ")";
	}
	return text;
}

} // namespace sluice::engine
