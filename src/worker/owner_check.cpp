#include "worker/owner_check.hpp"

#include "core/sqlstate.hpp"
#include "pg/compat.hpp"
#include "pg/guard.hpp"
#include "pg/sql.hpp"

namespace sluice::worker {

namespace {

struct OwnerFacts {
	bool exists;
	bool can_login;
	bool can_connect;
};

OwnerFacts
LookAtOwner(Oid owner)
{
	OwnerFacts facts = {false, false, false};
	HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(owner));
	if (HeapTupleIsValid(tuple)) {
		facts.exists = true;
		facts.can_login = reinterpret_cast<Form_pg_authid>(GETSTRUCT(tuple))->rolcanlogin;
		ReleaseSysCache(tuple);
		facts.can_connect = pg::compat::DatabaseAclCheck(MyDatabaseId, owner, ACL_CONNECT) == ACLCHECK_OK;
	}
	return facts;
}

} // namespace

std::optional<Error>
WhyOwnerCannotRun(const catalog::Pipeline &pipeline)
{
	OwnerFacts const facts = pg::Call(LookAtOwner, pipeline.owner_oid);
	std::string const owner = pg::QuoteIdentifier(pipeline.owner);
	if (!facts.exists) {
		return Error(sqlstate::kUndefinedObject, Format("owner \"{}\" of the pipeline does not exist", pipeline.owner),
					 "Give the pipeline to another role with alter_pipeline(..., owner => 'role').");
	}
	if (pg::compat::kWorkersNeedLogin && !facts.can_login) {
		return Error(
			sqlstate::kInsufficientPrivilege,
			Format("owner \"{}\" of the pipeline is not permitted to log in", pipeline.owner),
			Format("ALTER ROLE {} LOGIN CONNECTION LIMIT 0 PASSWORD NULL: workers may connect, clients may not.",
				   owner));
	}
	if (!facts.can_connect) {
		return Error(sqlstate::kInsufficientPrivilege,
					 Format("owner \"{}\" of the pipeline may not connect to this database", pipeline.owner),
					 Format("GRANT CONNECT ON DATABASE ... TO {}.", owner));
	}
	return std::nullopt;
}

} // namespace sluice::worker
