// What a worker is told through shared memory: which version of the pipeline it loads, the snapshot and the pieces to
// read, and how rows are to be written.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "core/field_pack.hpp"
#include "engine/source/divisible_source.hpp"

namespace sluice::engine {

struct ParallelJob {
	catalog::Pipeline pipeline; // its id and version travel, the rest is read by them
	std::string run_id;
	std::string loaded_at;	   // what the rows say of it
	int attempt = 0;		   // of this load, when a worker of an earlier one died
	std::string context;	   // of the run
	std::string snapshot;	   // at the source
	std::string shape;		   // of the source's row
	std::string staging_shape; // of a destination that nobody else sees yet (staging_table.hpp); else ''
	bool direct = false;	   // pages are built directly
	std::vector<SourcePiece> pieces;
};

std::string PackJob(const ParallelJob &job);
ParallelJob UnpackJob(std::string_view bytes);

// What a user can do something with; the rest is for debugging.
std::string PackError(const Error &error);
Error UnpackError(std::string_view bytes);

} // namespace sluice::engine
