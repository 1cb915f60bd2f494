// RemoteDestination: what a run would do there, for explain_pipeline.

#include "engine/target/remote_destination.hpp"
#include "engine/target/remote_types.hpp"

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
RemoteDestination::Describe(const MappedQuery *query, bool analyze)
{
	bool const exists = relation_.has_value();
	bool const replace = mode_ == LoadMode::Replace && exists;
	std::vector<std::string> lines{"destination: " + label_};
	auto const remotely = [&lines](const std::string &statement) {
		lines.push_back("at the destination: " + statement);
	};
	if (!exists && query == nullptr) {
		remotely("CREATE TABLE " + table_ + " after the source's columns");
	} else if (!exists) {
		SetPath(true);
		RemoteTypes const types = FindRemoteTypes(*remote_, *pipeline_.destination, *query);
		SetPath(false);
		remotely("CREATE TABLE " + table_ + " " + ColumnDefinitions(*query, &types.texts));
		for (const std::string &missing : types.missing) {
			lines.push_back("warning: " + missing);
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
	if (analyze) {
		remotely("ANALYZE " + table_);
	}
	lines.push_back("ledger: " + LedgerText());
	return lines;
}

} // namespace sluice::engine
