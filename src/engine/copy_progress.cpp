#include "engine/copy_progress.hpp"

extern "C" {
#include "commands/progress.h"
}

namespace sluice::engine::leaf {

void
BeginCopyProgress(Oid relation)
{
	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, relation);
	pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_FROM);
	pgstat_progress_update_param(PROGRESS_COPY_TYPE, PROGRESS_COPY_TYPE_CALLBACK);
}

void
ShowCopyProgress(int64 rows, int64 bytes)
{
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, rows);
	pgstat_progress_update_param(PROGRESS_COPY_BYTES_PROCESSED, bytes);
}

void
EndCopyProgress()
{
	pgstat_progress_end_command();
}

} // namespace sluice::engine::leaf
