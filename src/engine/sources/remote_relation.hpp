// Finds a table at a PostgreSQL source from what the user wrote: the exact name first, then a unique
// one that differs in case only; without a schema, along the remote user's own search_path.
#pragma once

#include <string>

#include "core/run_journal.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct RemoteRelation {
	std::string qualified; // quoted, schema-qualified
	// COPY table TO reads it as it is: an ordinary table without children or generated columns.
	bool plain = false;
};

RemoteRelation FindRemoteRelation(pg::RemoteConnection &remote, const std::string &server, const std::string &name,
								  RunJournal &journal);

} // namespace sluice::engine
