// The input of a run that goes on: it stays connected from one transaction to the next.
#pragma once

#include "engine/source/continuous_source.hpp"
#include "engine/source/run_input.hpp"

namespace sluice::engine {

class KeptInput {
public:
	// In the run's first transaction. Throws Error.
	KeptInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
			  const LoadStamp &stamp);

	RunInput &Input() { return *input_; }
	ContinuousSource &Continuous() const { return *input_->Continuous(); }

private:
	// What the source allocates when it is opened.
	class Memory {
	public:
		Memory();
		~Memory();
		Memory(const Memory &) = delete;
		Memory &operator=(const Memory &) = delete;
		MemoryContext Context() const { return context_; }

	private:
		MemoryContext context_;
	};

	Memory memory_;
	std::optional<RunInput> input_;
};

} // namespace sluice::engine
