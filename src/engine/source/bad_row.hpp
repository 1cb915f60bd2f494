// The row that a source could not make values of.
#pragma once

#include <cstdint>
#include <string>

#include "engine/rows/row_texts.hpp"

namespace sluice::engine {

struct BadRow {
	int64_t position = 0;
	std::string column; // '': it is the row as a whole
	leaf::RowTexts *texts = nullptr;
};

} // namespace sluice::engine
