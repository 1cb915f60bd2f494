// What the install script needs: the trigger that finds owners again after a restore, and the first wake.

#include "api/restore_leaf.hpp"
#include "pg/guard.hpp"
#include "worker/control.hpp"

SLUICE_FUNCTION(sluice_bind_owner)
{
	return sluice::pg::Call(sluice::api::leaf::BindOwner, fcinfo);
}

SLUICE_FUNCTION(sluice_wake)
{
	sluice::worker::PokeAtCommit();
	PG_RETURN_VOID();
}
