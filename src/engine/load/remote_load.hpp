// COPY into a table at another PostgreSQL. One transaction there; RemoteDestination holds it.
#pragma once

#include "core/run_journal.hpp"
#include "engine/load/load.hpp"
#include "engine/load/remote_rows.hpp"

namespace sluice::engine {

class RemoteLoad final : public Load {
public:
	RemoteLoad(RemoteDestination &destination, LoadMode mode, RunJournal &journal)
		: destination_(destination), mode_(mode), rows_(destination), journal_(journal)
	{}

	void Open() override;
	void Write(Batch *batch) override { rows_.Write(batch); }
	bool TakesRowsAway() override { return destination_.HasDeleted(); }
	LoadCounts Finish() override;

private:
	RemoteDestination &destination_;
	LoadMode const mode_;
	RemoteRows rows_;
	RunJournal &journal_;
};

} // namespace sluice::engine
