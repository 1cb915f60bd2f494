#include "engine/load/compare_rows.hpp"

#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kMarked = "\"pg_sluice marked\"";

} // namespace

std::string
AtPlace(const char *destination, const char *changes)
{
	return Format("{0}.tableoid OPERATOR(pg_catalog.=) {1}.{2} AND {0}.ctid OPERATOR(pg_catalog.=) {1}.{3}",
				  destination, changes, kPart, kPlace);
}

// The user's conditions stand on lines of their own, so that a comment ends there.
std::string
RowComparison::Select(const std::string &columns, const char *also) const
{
	std::string statement =
		Format("SELECT {} FROM {} WHERE {}", columns, table_, compared_.kind.empty() ? "true" : compared_.kind);
	if (!compared_.scope.empty()) {
		statement += " AND (\n" + compared_.scope + "\n)";
	}
	if (*also != '\0') {
		statement += Format(" AND {}", also);
	}
	return statement;
}

void
RowComparison::CheckKeysOnce() const
{
	std::string const keys = rows_.List("", true);
	pg::SqlResult const twice = rows_.Place().Run(
		Format("SELECT ROW({0})::pg_catalog.text FROM ({1}) AS d GROUP BY {0} HAVING pg_catalog.count(*) "
			   "OPERATOR(pg_catalog.>) 1 LIMIT 1",
			   keys, Select(keys, "")));
	if (!twice.Empty()) {
		throw Error(sqlstate::kCardinalityViolation, Format("{} has several rows with the same key", name_),
					"Leave one of them, or take other key_columns; a unique index on the keys prevents it.",
					Format("Key ({})={}.", plan_.KeyList(), twice.Text(0, 0)));
	}
}

// A key that seems new may be that of a row outside of the scope.
void
RowComparison::CheckOthers(const std::string &changes) const
{
	std::string const kind = compared_.kind.empty() ? "" : " AND d." + compared_.kind;
	pg::SqlResult const other = rows_.Place().Run(
		Format("SELECT ROW({})::pg_catalog.text FROM {} AS c JOIN {} AS d ON {} WHERE c.{} IS NULL{} LIMIT 1",
			   rows_.List("c.", true), changes, table_, rows_.SameKey("d", "c"), kPlace, kind));
	if (!other.Empty()) {
		throw Error(sqlstate::kWithCheckOptionViolation,
					Format("a row of the source has the key of a row of {} that is outside of scope", name_),
					"Leave such rows out with a filter, or widen scope: a load changes no row outside of it.",
					Format("Key ({})={}.", plan_.KeyList(), other.Text(0, 0)));
	}
}

RowChanges
RowComparison::Find(int64_t staged)
{
	RowChanges changes;
	const std::string &source = rows_.Place().Staged();
	if (created_) {
		changes.rows = source;
		changes.all_new = true;
		changes.created = staged;
		return changes;
	}
	if (!compared_.has_unique_keys) {
		CheckKeysOnce();
	}
	std::string const keys = rows_.List("", true);
	std::string const same = rows_.SameKey("d", "s");
	std::string const place = Format("tableoid AS {}, ctid AS {}", kPart, kPlace);
	std::string const marked = compared_.marked.empty() ? "" : Format(", ({}) AS {}", compared_.marked, kMarked);
	std::string const differ = rows_.Differ("d", "s", true);

	// Written as outer joins: with NOT EXISTS, before PostgreSQL 16, only one side could be hashed.
	changes.rows = made_.emplace_back(rows_.Place().FreeTemporaryName("pg_sluice_changed_rows"));
	int64_t const found = static_cast<int64_t>(
		rows_.Place()
			.Run(Format(
				"CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {}, d.{}, d.{} FROM {} AS s LEFT JOIN ({}) AS d "
				"ON {} WHERE d.{} IS NULL{}{}",
				changes.rows, rows_.List("s.", false), kPart, kPlace, source,
				Select(rows_.List("", false) + ", " + place + marked, ""), same, kPlace,
				differ.empty() ? "" : " OR " + differ, marked.empty() ? "" : Format(" OR d.{}", kMarked)))
			.Processed());
	rows_.Place().Run("ANALYZE " + changes.rows);
	changes.created = rows_.Place()
						  .Run(Format("SELECT pg_catalog.count(*) FROM {} WHERE {} IS NULL", changes.rows, kPlace))
						  .Integer(0, 0);
	changes.changed = found - changes.created;
	if (!compared_.scope.empty() && changes.created > 0) {
		CheckOthers(changes.rows);
	}
	if (compared_.finds_gone) {
		changes.gone = made_.emplace_back(rows_.Place().FreeTemporaryName("pg_sluice_gone_rows"));
		std::string const left = compared_.left_alone.empty() ? ""
															  : Format(" AND NOT EXISTS (SELECT FROM {} AS l WHERE {})",
																	   compared_.left_alone, rows_.SameKey("d", "l"));
		std::string const unmarked = compared_.marked.empty() ? "" : Format("NOT ({})", compared_.marked);
		changes.gone_count = static_cast<int64_t>(
			rows_.Place()
				.Run(Format(
					"CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT d.{}, d.{} FROM ({}) AS d LEFT JOIN {} AS s ON "
					"{} WHERE s.ctid IS NULL{}",
					changes.gone, kPart, kPlace, Select(keys + ", " + place, unmarked.c_str()), source, same, left))
				.Processed());
		rows_.Place().Run("ANALYZE " + changes.gone);
	}
	return changes;
}

void
RowComparison::Drop()
{
	for (const std::string &table : made_) {
		rows_.Place().Run("DROP TABLE " + table);
	}
	made_.clear();
	if (!compared_.left_alone.empty()) {
		rows_.Place().Run("DROP TABLE " + compared_.left_alone);
	}
}

} // namespace sluice::engine
