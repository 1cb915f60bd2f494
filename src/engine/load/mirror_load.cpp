#include "engine/load/mirror_load.hpp"

#include "engine/load/written_together.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

std::string
MirrorLoad::Mark() const
{
	return pg::QuoteIdentifier(Plan().compare.mark_column);
}

std::string
MirrorLoad::Unmark() const
{
	return Plan().compare.mark_is_time ? "NULL" : "false";
}

ComparedRows
MirrorLoad::Compared() const
{
	ComparedRows compared;
	compared.scope = Plan().compare.scope;
	if (Marks()) {
		compared.marked = Mark() + (Plan().compare.mark_is_time ? " IS NOT NULL" : " IS TRUE");
	}
	compared.has_unique_keys = !Plan().merge.key_index.empty();
	return compared;
}

std::string
MirrorLoad::GoneStatement(const RowChanges &changes) const
{
	if (!Marks()) {
		return Format("DELETE FROM {} AS d USING {} AS g WHERE {}", Table(), changes.gone, AtPlace("d", "g"));
	}
	return Format("UPDATE {} AS d SET {} = {} FROM {} AS g WHERE {}", Table(), Mark(),
				  Plan().compare.mark_is_time ? "pg_catalog.now()" : "true", changes.gone, AtPlace("d", "g"));
}

std::string
MirrorLoad::UpdateStatement(const RowChanges &changes) const
{
	std::string set = Rows().Set("c", true);
	if (Marks()) {
		set += Format("{}{} = {}", set.empty() ? "" : ", ", Mark(), Unmark());
	}
	return Format("UPDATE {} AS d SET {} FROM {} AS c WHERE {}", Table(), set, changes.rows, AtPlace("d", "c"));
}

std::string
MirrorLoad::InsertStatement(const RowChanges &changes) const
{
	return Format("INSERT INTO {} ({}{}) OVERRIDING SYSTEM VALUE SELECT {}{} FROM {} AS c WHERE {}", Table(),
				  Rows().List("", false), Marks() ? ", " + Mark() : "", Rows().List("c.", false),
				  Marks() ? ", " + Unmark() : "", changes.rows,
				  changes.all_new ? "true" : Format("c.{} IS NULL", kPlace));
}

// What is gone goes first: another row may take a value that has to be unique.
void
MirrorLoad::Apply(const RowChanges &changes, LoadCounts *counts)
{
	struct Part {
		int64_t meant;
		std::string statement;
		int64_t *count;
		const char *what;
	};
	std::vector<Part> parts;
	if (changes.gone_count > 0) {
		parts.push_back({changes.gone_count, GoneStatement(changes), &counts->deleted, DoneToGone()});
	}
	if (changes.changed > 0) {
		parts.push_back({changes.changed, UpdateStatement(changes), &counts->updated, "updated"});
	}
	if (changes.created > 0) {
		parts.push_back({changes.created, InsertStatement(changes), &counts->inserted, "inserted"});
	}
	std::vector<std::string> statements;
	for (const Part &part : parts) {
		statements.push_back(part.statement);
	}
	std::vector<int64_t> const written = WriteTogether(Rows().Place(), statements);
	for (size_t i = 0; i < parts.size(); ++i) {
		*parts[i].count = written[i];
		TellKept(parts[i].meant, written[i], parts[i].what);
	}
}

} // namespace sluice::engine
