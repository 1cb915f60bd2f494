// set_watermark, reset_watermark.

#include "api/arguments.hpp"
#include "api/rights.hpp"
#include "catalog/watermark.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"

namespace {

// A value of any type that can be a cursor is shorter by far.
constexpr size_t kLongestValue = 1000;

sluice::catalog::Pipeline
FindWithCursor(const std::string &pipeline)
{
	sluice::catalog::Pipeline found = sluice::api::FindForChange(pipeline);
	if (!found.cursor_column) {
		throw sluice::Error(sluice::sqlstate::kObjectNotInPrerequisiteState,
							sluice::Format("pipeline \"{}\" has no cursor_column", found.name),
							"alter_pipeline(..., cursor_column => ...) gives it one.");
	}
	return found;
}

} // namespace

SLUICE_PIPELINE_FUNCTION(sluice_set_watermark)
{
	std::string const value = sluice::api::RequiredArgument(fcinfo, 1, "value");
	if (value.size() > kLongestValue) {
		throw sluice::Error(sluice::sqlstate::kProgramLimitExceeded,
							sluice::Format("value is too long: {} bytes", value.size()),
							sluice::Format("At most {} bytes are allowed.", kLongestValue));
	}
	sluice::catalog::SetWatermark(FindWithCursor(pipeline).id, value);
	PG_RETURN_VOID();
}

SLUICE_PIPELINE_FUNCTION(sluice_reset_watermark)
{
	sluice::catalog::SetWatermark(FindWithCursor(pipeline).id, std::nullopt);
	PG_RETURN_VOID();
}
