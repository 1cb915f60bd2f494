#include "engine/load/remote_load.hpp"

namespace sluice::engine {

void
RemoteLoad::Open()
{
	destination_.UsePath(SessionPath::Own);
	destination_.DeleteOldRows(mode_);
	rows_.Begin(destination_.Table(), destination_.Shape());
}

LoadCounts
RemoteLoad::Finish()
{
	int64_t const taken = rows_.End();
	if (taken != rows_.Sent()) {
		journal_.Warning(
			Format("{} rows were sent and {} taken: triggers or rules there dropped the others", rows_.Sent(), taken));
	}
	destination_.UsePath(SessionPath::Empty);
	return {taken};
}

} // namespace sluice::engine
