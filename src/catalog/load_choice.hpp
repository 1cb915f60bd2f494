// Whether a replace was asked for by the user, or chosen for a table that did not exist or that the pipeline had
// created.
#pragma once

#include <string>

#include "catalog/pipeline.hpp"
#include "pg/prelude.hpp"

namespace sluice::catalog {

// Somebody asked for it, or a run of the pipeline created the relation.
bool MayReplace(const std::string &pipeline_id, Oid relation);

// Whether the table that the pipeline loads is named by another pipeline, whoever owns it, whose owner may insert into
// it.
bool IsLoadedByOthers(const Pipeline &pipeline, Oid relation);
// The same of a table at another server, as far as names tell: that of the table, and of its schema where both say one;
// of owners who may use the server.
bool IsLoadedByOthersThere(const Pipeline &pipeline);

} // namespace sluice::catalog
