#include "engine/wire/remote_session.hpp"

namespace sluice::engine {

void
PinRemoteTransaction(pg::RemoteConnection &remote, SessionPlace place, const std::string &timezone,
					 const std::string &more)
{
	remote.ExecScript(SetLocalStatements(place, remote.ServerVersion()) +
					  "SET LOCAL TimeZone = " + pg::QuoteLiteral(timezone) + "; " + more);
}

} // namespace sluice::engine
