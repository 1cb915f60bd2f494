// Relations of this database by name, and the temporary ones of this session.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::pg {

inline constexpr const char *kTemporaryHint =
	"A run has a session of its own, which does not see it: name a permanent table.";

} // namespace sluice::pg

namespace sluice::pg::leaf {

// The relation of that name, or InvalidOid. No lock is taken.
Oid FindRelation(const char *name);
// The reverse, with its schema: "schema.relation", quoted.
char *QualifiedName(Oid relation);
// The temporary table of that name in this session, or InvalidOid.
Oid FindTemporary(const char *name);
// Whether the current user has the right to create temporary tables in this database.
bool MayMakeTemporary();
// Raises 42501 unless it has, and unless they can be made in this session.
void RequireTemporaryRight();

} // namespace sluice::pg::leaf
