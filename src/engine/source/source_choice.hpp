// Who reads a pipeline's foreign server: a source of our own, or the executor through the wrapper.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"

namespace sluice::engine {

enum class SourceKind {
	Postgres,
	Mysql,
	Executor,
};

struct SourceChoice {
	SourceKind kind;
	std::string reason; // in words, where there was something to choose
};

// The pipeline's source is a server. Connects to nothing. Throws what reading its options throws.
SourceChoice ChooseSource(const catalog::Pipeline &pipeline, Oid server);

} // namespace sluice::engine
