// A row that did not fit, as people read it: a JSON object of its values as texts.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

extern "C" {
#include "lib/stringinfo.h"
}

namespace sluice::engine::leaf {

struct RowTexts {
	StringInfoData json;
	List *escaped; // names (char *) of columns whose bytes are no text
	bool is_cut;   // a value was too large
};

// In the current memory context.
RowTexts *BeginTexts();
// What was there before stays, when one of these raises.
void AddValue(RowTexts *texts, const FormData_pg_attribute *attribute, Datum value, bool is_null);
// Bytes as they came. What is no text in the database's encoding is shown as \xHH, and a backslash doubled then.
void AddBytes(RowTexts *texts, const char *name, const char *data, Size length);
// The object of all that was added.
const char *EndTexts(RowTexts *texts);

} // namespace sluice::engine::leaf
