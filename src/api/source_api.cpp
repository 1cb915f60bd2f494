// retry_source.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "catalog/source_retry.hpp"
#include "core/sqlstate.hpp"
#include "worker/control.hpp"

SLUICE_FUNCTION(sluice_retry_source)
{
	std::string const source = sluice::api::RequiredArgument(fcinfo, 0, "source", NAMEOID);
	sluice::api::RequirePreload("retry_source");
	std::optional<int> const freed = sluice::catalog::RetrySource(source, GetUserId());
	if (!freed && !OidIsValid(sluice::pg::Call(get_foreign_server_oid, source.c_str(), true))) {
		throw sluice::Error(sluice::sqlstate::kUndefinedObject, sluice::Format("server \"{}\" does not exist", source),
							"The view pipeline_sources shows those that could not be reached.");
	}
	sluice::worker::PokeAtCommit();
	PG_RETURN_INT32(freed.value_or(0));
}
