// adopt_pipelines.

#include "catalog/adoption.hpp"

#include "api/arguments.hpp"
#include "api/due_time.hpp"
#include "api/rights.hpp"
#include "catalog/run_store.hpp"
#include "core/sqlstate.hpp"
#include "pg/compat.hpp"
#include "worker/control.hpp"

namespace {

using sluice::Error;
using sluice::catalog::Pipeline;

void
RequireDatabaseOwner()
{
	if (!sluice::pg::Call(sluice::pg::compat::OwnsDatabase, MyDatabaseId, GetUserId())) {
		throw Error(sluice::sqlstate::kInsufficientPrivilege, "must be owner of the database to adopt its pipelines",
					"It decides for the pipelines of all roles. Ask the owner of the database, or a superuser.");
	}
}

// One schedule that has no meaning any more does not keep the others parked.
std::optional<TimestampTz>
NextDueIfAny(const Pipeline &pipeline)
{
	try {
		return sluice::api::NextDue(pipeline);
	} catch (const Error &error) {
		if (error.Info().from_postgres) {
			throw;
		}
		// The database's owner need not see those of all roles.
		std::string const label =
			sluice::api::HasRightsOf(pipeline.owner_oid) ? "\"" + pipeline.name + "\"" : pipeline.id;
		sluice::api::Warning(sluice::Format("pipeline {} will not start by itself: {}", label, error.what()),
							 "Give it another schedule with alter_pipeline.");
		return std::nullopt;
	}
}

} // namespace

SLUICE_FUNCTION(sluice_adopt_pipelines)
{
	RequireDatabaseOwner();
	std::vector<Pipeline> const adopted = sluice::catalog::AdoptAll();
	for (const Pipeline &pipeline : adopted) {
		sluice::catalog::ClosePendingOf(pipeline.id, "skipped", "queued before this copy of the database was made");
		sluice::catalog::WriteNextDue(pipeline.id, NextDueIfAny(pipeline));
	}
	sluice::worker::PokeAtCommit();
	PG_RETURN_INT64(static_cast<int64>(adopted.size()));
}
