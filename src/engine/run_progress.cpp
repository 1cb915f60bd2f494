#include "engine/run_progress.hpp"

#include "engine/copy_progress.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

void
RunProgress::BeginLoad(Oid destination)
{
	pg::Call(leaf::BeginCopyProgress, destination);
	loading_ = true;
}

void
RunProgress::EndLoad()
{
	Show();
	loading_ = false;
	pg::Call(leaf::EndCopyProgress);
}

void
RunProgress::Show()
{
	shown_ = SteadyNow();
	if (loading_) {
		pg::Call(leaf::ShowCopyProgress, static_cast<int64>(counters_->records_processed),
				 static_cast<int64>(counters_->bytes_processed));
	}
	if (sink_ != nullptr) {
		sink_({*counters_, journal_.Phase(), rows_expected_});
	}
}

} // namespace sluice::engine
