#include "engine/wire/reached_server.hpp"

#include "core/steady_clock.hpp"

namespace sluice::engine {

std::string
ReachedText(const std::string &version, const std::string &encryption, const std::function<void()> &ask)
{
	SteadyTime const before = SteadyNow();
	ask();
	SteadyTime const tenths = (SteadyNow() - before + 99) / 100;
	return Format("{}, {}, answers within {}.{} ms", version, encryption.empty() ? "not encrypted" : encryption,
				  tenths / 10, tenths % 10);
}

std::string
ReachPostgres(const ForeignServer &server, const pg::RemoteOptions &options)
{
	pg::RemoteConnection remote(server, options);
	int const version = remote.ServerVersion();
	return ReachedText(Format("PostgreSQL {}.{}", version / 10000, version % 10000), remote.Encryption(),
					   [&remote] { (void)remote.Exec("SELECT 1"); });
}

} // namespace sluice::engine
