// Opening a source of MySQL: which table it is, its columns, and what they mean here.
#pragma once

#include <memory>

#include "engine/source/mysql/mysql_source_state.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

// Connects, begins a READ ONLY transaction with one snapshot there, finds the table or checks the query, and learns the
// row type. Throws Error.
std::unique_ptr<MysqlSourceState> OpenMysql(const SourceRequest &request);

} // namespace sluice::engine
