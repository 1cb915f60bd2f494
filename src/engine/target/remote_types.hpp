// The types of a table that a run creates at another PostgreSQL: the ones that it has there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/transform/mapped_query.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct RemoteTypes {
	std::vector<std::string> texts;	  // of each column of the query
	std::vector<std::string> missing; // for the log: what becomes text, and why
	std::optional<Error> extension;	  // one of an extension is missing
};

// Names are found in the search_path that is set there.
RemoteTypes FindRemoteTypes(pg::RemoteConnection &remote, const std::string &server, const MappedQuery &query);

} // namespace sluice::engine
