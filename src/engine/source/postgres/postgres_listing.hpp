// The tables of another PostgreSQL.
#pragma once

#include <memory>

#include "core/option_registry.hpp"
#include "engine/source/table_listing.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine {

// Of the driver: connects as the current user's mapping, in one READ ONLY transaction there. Throws Error.
std::unique_ptr<TableListing> ListPostgresTables(const ForeignServer &server, const OptionValues &options);

} // namespace sluice::engine
