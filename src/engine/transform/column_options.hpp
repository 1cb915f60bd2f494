// What the options say of the columns that a query gives: how they are called, and their types.
#pragma once

#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// Of the option exclude_columns; empty without it.
std::set<std::string> ExcludedColumns(const OptionValues &options);
// Throws Error where a type is none.
void ReadColumnOptions(const OptionValues &options, MappingInput *mapping);
// Which columns of the destination the load fills by itself.
void ReadOwnColumns(const catalog::Pipeline &pipeline, const OptionValues &options, MappingInput *mapping);
// What is put aside needs a place. Throws Error where the options have none for it.
void CheckDiscardRow(const OptionValues &options);
// Which columns the destination may lack. Throws Error as that does. has_loaded: they are compared with those of the
// last load.
void ReadLeaveOut(const catalog::Pipeline &pipeline, const OptionValues &options, bool has_loaded,
				  MappingInput *mapping);

// What the option load_columns adds to every row of a run.
struct LoadStamp {
	std::string run_id = "00000000-0000-0000-0000-000000000000";
	std::string loaded_at = "epoch";
};
// Of the current transaction.
LoadStamp StampOf(const std::string &run_id);
// Once it is known what "*" stands for.
void AddLoadColumns(const OptionValues &options, const LoadStamp &stamp, MappingInput *mapping);

} // namespace sluice::engine
