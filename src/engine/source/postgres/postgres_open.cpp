#include "engine/source/postgres/postgres_open.hpp"

#include "core/redact.hpp"

namespace sluice::engine {

OpenTransactions
AskOpen(pg::RemoteConnection &remote)
{
	constexpr int kReadAllStats = 100000; // the first version that has such a role
	if (remote.ServerVersion() < kReadAllStats) {
		return {"it is older than PostgreSQL 10"};
	}
	remote.ExecScript("BEGIN READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp");
	OpenTransactions open;
	// What speaks the protocol need not have the views.
	std::optional<Error> const failure = remote.Try([&] {
		open =
			ReadOpenTransactions([&remote](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
				return remote.Exec(statement, parameters);
			});
	});
	remote.Exec("COMMIT");
	if (failure) {
		return {Format("it does not tell: {}", Redact(failure->what()))};
	}
	return open;
}

SourceSnapshot
AskSnapshot(pg::RemoteConnection &remote, const std::string &table)
{
	return ReadSourceSnapshot(
		[&remote](const std::string &statement, const std::vector<pg::SqlValue> &parameters) {
			return remote.Exec(statement, parameters);
		},
		[&remote](const std::function<void()> &question) { (void)remote.Try(question); }, table);
}

} // namespace sluice::engine
