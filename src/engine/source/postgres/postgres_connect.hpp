// A connection to a PostgreSQL source: its session and transaction, the table or query that is read there, the columns
// and what they mean here.
#pragma once

#include <memory>
#include <string>

#include "engine/source/postgres/postgres_state.hpp"

namespace sluice::engine {

// Of the driver.
void CheckPostgresSource(const catalog::Pipeline &pipeline, const ForeignServer &server);
std::string ReachPostgresSource(const ForeignServer &server, const OptionValues &options);

// As the current user's mapping. With a slice it takes part in the snapshot of that. Throws Error.
std::unique_ptr<PostgresSourceState> ConnectPostgres(const SourceRequest &request);

} // namespace sluice::engine
