// Which of the source's columns "*" stands for, and which are read at all.
#pragma once

#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// The source's columns that a select list and a filter name, "*" being none: no other is computed with. Nothing: any
// may be.
std::optional<std::set<std::string>> NamedColumns(const std::optional<std::string> &columns,
												  const std::optional<std::string> &filter);
// Once the source is described. Throws Error 42703 where the option exclude_columns names what the source does not
// have.
void ChooseColumns(MappingInput *mapping);
// What needs no source: throws Error 22023 where there is no "*" to exclude columns from.
void CheckExcluded(const MappingInput &mapping, const std::optional<std::string> &columns);

} // namespace sluice::engine
