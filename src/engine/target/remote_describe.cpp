// RemoteDestination: what a run would do there, for explain_pipeline.

#include "core/sqlstate.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/target/row_rules.hpp"

namespace sluice::engine {

std::string
RemoteDestination::LedgerText() const
{
	if (ledger_->IsUsable() && !KeepsWatermark()) {
		return ledger_->Name() + " is of an older version and cannot hold the watermark: it has no column \"state\"";
	}
	if (ledger_->IsUsable()) {
		return Format("each run's id is committed in {} together with its rows{}", ledger_->Name(),
					  pipeline_.cursor_column ? ", and the watermark" : "");
	}
	return ledger_->IsMissing() ? "does not exist and is created: " + ledger_->Name()
								: Format("{} cannot be used: {}", ledger_->Name(), ledger_->WhyNot());
}

std::string
RemoteDestination::WhyNotTried()
{
	// Between the commit there and the one here it alone knows of them.
	if (!ledger_->IsMissing() && !ledger_->IsUsable()) {
		return Format("the ledger {} cannot be used: {}", ledger_->Name(), ledger_->WhyNot());
	}
	if (!ledger_->HoldsState()) {
		return Format("the ledger {} is of an older version and has no column \"state\"", ledger_->Name());
	}
	if (!relation_ || created_) {
		return {};
	}
	return engine::WhyNotTried(
		[this](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
			return Exec(statement, parameters);
		},
		relation_->oid);
}

std::string
RemoteDestination::WhyNotAllowed(std::string *hint)
{
	if (FindsByKeys(mode_)) {
		pg::SqlResult const database = Exec("SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), "
											"'TEMPORARY'), pg_catalog.current_database()");
		if (!database.IsTrue(0, 0)) {
			*hint = Format("At that server: GRANT TEMPORARY ON DATABASE {} TO the role of the user mapping.",
						   pg::QuoteIdentifier(database.Text(0, 1)));
			return Format("the remote role may not create temporary tables at server \"{}\"", Server());
		}
	}
	if (!relation_) {
		pg::SqlResult const schema = Exec(
			"SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE') FROM pg_catalog.pg_namespace n WHERE n.nspname "
			"OPERATOR(pg_catalog.=) $1::pg_catalog.name",
			{schema_});
		*hint = schema.Empty() ? "Create it there, or name another one in destination_table."
							   : Format("At that server: GRANT CREATE ON SCHEMA {} TO the role of the user mapping.",
										pg::QuoteIdentifier(schema_));
		return schema.Empty()		  ? Format("schema \"{}\" does not exist at server \"{}\"", schema_, Server())
			   : !schema.IsTrue(0, 0) ? Format("the remote role may not create {}", label_)
									  : std::string();
	}
	std::string const rights = RightsText();
	pg::SqlResult const missing = Exec(
		"SELECT r.name FROM pg_catalog.unnest(pg_catalog.string_to_array($2, ', ')) AS r (name) WHERE NOT "
		"(pg_catalog.has_table_privilege($1::pg_catalog.oid, r.name) OR (r.name OPERATOR(pg_catalog.<>) 'DELETE' AND "
		"pg_catalog.has_any_column_privilege($1::pg_catalog.oid, r.name)))",
		{relation_->oid, rights});
	*hint = Format("At that server: GRANT {} ON {} TO the role of the user mapping.", rights, table_);
	return missing.Empty() ? std::string() : Format("the remote role may not load rows into {}", label_);
}

// What a load does with rows that are there, which the lock of a replace and of a comparison asks for as well.
std::string
RemoteDestination::RightsText() const
{
	if (mode_ == LoadMode::Replace) {
		return "INSERT, DELETE";
	}
	if (!FindsByKeys(mode_)) {
		return "INSERT";
	}
	if (Compares(mode_)) {
		return deletes_ ? "SELECT, INSERT, UPDATE, DELETE" : "SELECT, INSERT, UPDATE";
	}
	return strategy_ == MergeStrategy::InsertOnly	  ? "SELECT, INSERT"
		   : strategy_ == MergeStrategy::DeleteInsert ? "SELECT, INSERT, UPDATE, DELETE"
													  : "SELECT, INSERT, UPDATE";
}

void
RemoteDestination::RequireRights()
{
	std::string hint;
	if (std::string const why_not = WhyNotAllowed(&hint); !why_not.empty()) {
		throw Error(sqlstate::kInsufficientPrivilege, why_not, hint);
	}
}

std::vector<std::string>
RemoteDestination::Describe(const MappedQuery *query, const DeclaredTable &declared, bool analyze)
{
	bool const exists = relation_.has_value();
	bool const replace = mode_ == LoadMode::Replace && exists;
	std::vector<std::string> lines{"destination: " + label_};
	CreatedTable created;
	auto const remotely = [&lines](const std::string &statement) {
		lines.push_back("at the destination: " + statement);
	};
	if (!exists && query == nullptr) {
		remotely("CREATE TABLE " + table_ + " after the source's columns");
	} else if (!exists) {
		RemoteTypes types;
		created = PlanNewTable(*query, declared, &types);
		if (types.extension) {
			lines.push_back("destination: a run fails: " + types.extension->Info().message + ": " +
							types.extension->Info().hint);
		}
		remotely(created.create);
		for (const std::string &statement : created.comments) {
			remotely(statement);
		}
		for (const std::string &line : types.missing) {
			lines.push_back("warning: " + line);
		}
		for (const std::string &line : created.left_out) {
			lines.push_back("destination: " + line);
		}
	}
	if (exists && query != nullptr) {
		size_t const told = journal_.Lines().size();
		TakeShape(*query);
		for (size_t i = told; i < journal_.Lines().size(); ++i) {
			lines.push_back(journal_.Lines()[i].message);
		}
	}
	if (replace) {
		RefuseCascade();
	}
	if (replace || (exists && Compares(mode_))) {
		remotely("LOCK TABLE " + table_ + " IN SHARE ROW EXCLUSIVE MODE");
	}
	if (replace) {
		remotely("DELETE FROM " + table_);
	}
	std::string target = table_;
	if (FindsByKeys(mode_)) {
		target = "pg_temp.pg_sluice_staged_rows";
		remotely("CREATE TEMPORARY TABLE " + target + " with the columns that are loaded");
	}
	remotely(exists && query != nullptr ? CopyStatement(target, shape_) : "COPY " + target + " FROM STDIN");
	for (const std::string &statement : created.indexes) {
		remotely(statement);
	}
	if (analyze) {
		remotely("ANALYZE " + table_);
	}
	lines.push_back("ledger: " + LedgerText());
	return lines;
}

} // namespace sluice::engine
