#include "engine/source/kept_input.hpp"

#include "core/sqlstate.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

namespace {

MemoryContext
Create()
{
	return AllocSetContextCreate(TopMemoryContext, "pg_sluice source", ALLOCSET_DEFAULT_SIZES);
}

} // namespace

KeptInput::Memory::Memory() : context_(pg::Call(Create)) {}

KeptInput::Memory::~Memory()
{
	(void)pg::CallNoThrow(MemoryContextDelete, context_);
}

KeptInput::KeptInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
					 const LoadStamp &stamp)
{
	MemoryContext const outer = MemoryContextSwitchTo(memory_.Context());
	try {
		input_.emplace(pipeline, options, journal, stamp);
	} catch (...) {
		MemoryContextSwitchTo(outer);
		throw;
	}
	MemoryContextSwitchTo(outer);
	if (input_->Continuous() == nullptr) {
		throw Error(sqlstate::kFeatureNotSupported, Format("{} cannot be read on and on", input_->Label()),
					"Use mode => 'batch', with a schedule as often as every second.");
	}
}

} // namespace sluice::engine
