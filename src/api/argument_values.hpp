// Leaf behind api/arguments.hpp: plain C-style code, plain data only; may raise anywhere.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::api::leaf {

char *Output(Oid type, Datum value);
Datum Input(Oid type, const char *text);

struct TextList {
	int count;
	char **elements; // NULL element: SQL NULL
};
void ReadTextArray(Datum array, TextList *out);

int64 IntervalMilliseconds(Datum interval);

// Row by row: cells of `columns` values each, NULL element: SQL NULL.
Datum MakeRecord(FunctionCallInfo fcinfo, const char *const *cells, int columns);
void ReturnRows(FunctionCallInfo fcinfo, const char *const *cells, int rows, int columns);

void Emit(int level, const char *message, const char *hint);
void CheckInterrupts();

} // namespace sluice::api::leaf
