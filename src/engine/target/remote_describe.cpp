// RemoteDestination: what a run would do there, for explain_pipeline.

#include "engine/target/remote_destination.hpp"

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
RemoteDestination::WhyNotAllowed(std::string *hint)
{
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
	// The lock of a replace asks for one of the rights to change rows, its DELETE for that.
	const char *const right = mode_ == LoadMode::Replace ? "INSERT, DELETE" : "INSERT";
	pg::SqlResult const has =
		Exec("SELECT (pg_catalog.has_table_privilege(c.oid, 'INSERT') OR pg_catalog.has_any_column_privilege(c.oid, "
			 "'INSERT')) AND ($2::pg_catalog.text OPERATOR(pg_catalog.=) 'INSERT' OR "
			 "pg_catalog.has_table_privilege(c.oid, 'DELETE')) FROM pg_catalog.pg_class c WHERE c.oid "
			 "OPERATOR(pg_catalog.=) $1::pg_catalog.oid",
			 {relation_->oid, right});
	*hint = Format("At that server: GRANT {} ON {} TO the role of the user mapping.", right, table_);
	return has.Empty() || !has.IsTrue(0, 0) ? Format("the remote role may not load rows into {}", label_)
											: std::string();
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
		remotely("LOCK TABLE " + table_ + " IN SHARE ROW EXCLUSIVE MODE");
		remotely("DELETE FROM " + table_);
	}
	remotely(exists && query != nullptr ? CopyStatement() : "COPY " + table_ + " FROM STDIN");
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
