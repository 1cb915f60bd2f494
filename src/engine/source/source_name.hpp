// Names of tables as a source that is not PostgreSQL has them: schema (or MySQL's database) and table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"

namespace sluice::engine {

struct SourceName {
	std::string schema; // '' when not given
	std::string table;
};

// Throws Error 42602 when there are more parts.
SourceName SplitSourceName(const std::string &text);

// What to throw when there is no such table. alike: those whose names differ in case at most.
Error SourceTableNotFound(const std::string &source_table, const std::string &server_name,
						  const std::vector<SourceName> &alike);

// The one table that differs from what was asked for in case only; nothing when there is none or several.
std::optional<SourceName> UniqueAlike(const SourceName &wanted, const std::vector<SourceName> &alike);

} // namespace sluice::engine
