// RemoteDestination: what a run would do there, for explain_pipeline.

#include "engine/target/remote_destination.hpp"

namespace sluice::engine {

std::string
RemoteDestination::LedgerText() const
{
	if (ledger_->IsUsable()) {
		return "each run's id is committed in " + ledger_->Name() + " together with its rows";
	}
	return ledger_->IsMissing() ? "does not exist and is created: " + ledger_->Name()
								: Format("{} cannot be used: {}", ledger_->Name(), ledger_->WhyNot());
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
