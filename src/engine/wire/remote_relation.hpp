// Finds a table at another PostgreSQL from what the user wrote: the exact name first, then a unique
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
	std::string schema;
	std::string oid;
	char kind = 'r'; // pg_class.relkind
};

// Looks for it; nothing when there is none. what: "source table" or "destination table", for messages.
std::optional<RemoteRelation> LookForRemoteRelation(pg::RemoteConnection &remote, const std::string &server,
													const std::string &name, const char *what, RunJournal &journal);
// A source's; throws 42P01 when there is none.
RemoteRelation FindRemoteRelation(pg::RemoteConnection &remote, const std::string &server, const std::string &name,
								  RunJournal &journal);

} // namespace sluice::engine
