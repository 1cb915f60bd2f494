#include "engine/target/destination_server.hpp"

#include "core/sqlstate.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/foreign_server.hpp"
#include "pg/remote_parameters.hpp"

namespace sluice::engine {

void
CheckDestinationServer(const std::string &server, Oid role)
{
	const ForeignServer *const found = pg::FindServer(
		server, role,
		"A destination is a foreign server of postgres_fdw: make it with CREATE SERVER and CREATE USER MAPPING; "
		"leave destination out to load into this database.");
	if (std::string_view(pg::Call(pg::leaf::WrapperName, found->serverid)) != pg::kPostgresWrapper) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("server \"{}\" cannot be a destination: it is not a server of postgres_fdw", server),
					"Create a foreign table of that server and name it as destination_table, without destination: its "
					"wrapper writes the rows.");
	}
	pg::CheckPostgresLogin(*found, role);
}

} // namespace sluice::engine
