#include "engine/target/shown_statements.hpp"

#include "core/sqlstate.hpp"
#include "engine/target/object_access.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A hook called by itself would not do: pgaudit's reads the stack of running statements, which is NULL outside of one.
constexpr const char *kNote = "/* pg_sluice loads the rows */ ";

} // namespace

void
ShowStatements(const Destination &destination, LoadPath path, const ColumnMatch &match)
{
	if (path == LoadPath::Sql || FindsByKeys(destination.mode)) {
		return;
	}
	// Who replaces has the right to TRUNCATE, and may lack that to DELETE.
	if (destination.mode == LoadMode::Replace && !destination.created) {
		pg::Call(leaf::ShowTruncate, destination.oid);
		if (pg::Call(leaf::MayDelete, destination.oid)) {
			std::optional<Error> const refused =
				pg::Subtransaction([&] { pg::Sql(kNote + ("DELETE FROM " + destination.name) + " WHERE false"); });
			// The hooks have seen it by then. Without wal_level logical a published table is replaced without a replica
			// identity, which the server asks for nevertheless.
			if (refused && refused->State() != sqlstate::kObjectNotInPrerequisiteState) {
				throw *refused;
			}
		}
	}
	TupleDesc const row_type = RelationGetDescr(destination.relation);
	std::string names;
	std::string values;
	for (int i = 0; i < row_type->natts; ++i) {
		if (match.source_of[static_cast<size_t>(i)] < 0) {
			continue;
		}
		names += (names.empty() ? "" : ", ") + pg::QuoteIdentifier(NameStr(TupleDescAttr(row_type, i)->attname));
		values += values.empty() ? "NULL" : ", NULL";
	}
	pg::Sql(Format("{}INSERT INTO {}{} OVERRIDING SYSTEM VALUE SELECT {} WHERE false", kNote, destination.name,
				   names.empty() ? "" : " (" + names + ")", values));
}

} // namespace sluice::engine
