#include "engine/sources/remote_session.hpp"

namespace sluice::engine {

void
PinRemoteSession(pg::RemoteConnection &remote, const std::string &timezone, const std::vector<RemoteSetting> &more)
{
	std::string values = "('datestyle', 'ISO'), ('intervalstyle', 'postgres'), ('extra_float_digits', '3'), "
						 "('statement_timeout', '0'), ('lock_timeout', '0'), "
						 "('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'), "
						 "('row_security', 'off'), ('timezone', " +
						 pg::QuoteLiteral(timezone) + ")";
	for (const auto &[name, value] : more) {
		values += Format(", ('{}', {})", name, value);
	}
	remote.Exec("SELECT pg_catalog.set_config(s.name, v.value, false) FROM (VALUES " + values +
				") v (name, value) JOIN pg_catalog.pg_settings s ON pg_catalog.lower(s.name) = v.name");
}

} // namespace sluice::engine
