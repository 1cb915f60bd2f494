// The memory that everything of one run below the engine's face is allocated in. Freed on success; after an
// error it is left to the abort, because open relations and executors may still point into it.
#pragma once

#include "pg/guard.hpp"

namespace sluice::engine {

class RunMemory {
public:
	RunMemory() : outer_(CurrentMemoryContext), context_(pg::Call(Create)) { MemoryContextSwitchTo(context_); }
	~RunMemory() { MemoryContextSwitchTo(outer_); }
	RunMemory(const RunMemory &) = delete;
	RunMemory &operator=(const RunMemory &) = delete;

	void Free()
	{
		MemoryContextSwitchTo(outer_);
		pg::Call(MemoryContextDelete, context_);
		context_ = nullptr;
	}

private:
	static MemoryContext Create()
	{
		return AllocSetContextCreate(CurrentMemoryContext, "pg_sluice run", ALLOCSET_DEFAULT_SIZES);
	}

	MemoryContext outer_;
	MemoryContext context_;
};

} // namespace sluice::engine
