// Pipelines that came here with a copy of their database (design rule 26). CREATE EXTENSION writes an identity that
// no dump carries, each pipeline the identity and the OID of the database that it was defined in. Both equal: it is
// at home. Otherwise it is parked: the database was restored from a dump, or made from a template.
#pragma once

#include <vector>

#include "catalog/pipeline_store.hpp"

namespace sluice::catalog {

// Whether any pipeline is parked, whoever owns it; two index probes however many there are.
bool AnyParked();

// Makes this database the home of all pipelines. Returns those that were parked; their due times are still to be set.
std::vector<Pipeline> AdoptAll();

} // namespace sluice::catalog
