// How far the rows of a pipeline with a cursor are loaded. It is committed with them, by FinishRun.
#pragma once

#include <optional>
#include <string>

namespace sluice::catalog {

struct WatermarkState {
	std::optional<std::string> value;
	// The rows that the next run meets again, as JSON; nothing: they are not remembered.
	std::optional<std::string> rows;
	// Tells both from others, of this pipeline or of what it was before it was altered.
	std::string fingerprint = {};
};

WatermarkState FindWatermark(const std::string &pipeline_id);
// What a run had committed at a destination server before it was lost.
void TakeOverWatermark(const std::string &pipeline_id, const WatermarkState &state);
// By the user; nothing: everything is read again.
void SetWatermark(const std::string &pipeline_id, const std::optional<std::string> &value);

} // namespace sluice::catalog
