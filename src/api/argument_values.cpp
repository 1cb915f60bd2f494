#include "api/argument_values.hpp"

extern "C" {
#include "utils/date.h"
#include "utils/tuplestore.h"
}

namespace sluice::api::leaf {

char *
Output(Oid type, Datum value)
{
	Oid function;
	bool is_varlena;
	getTypeOutputInfo(type, &function, &is_varlena);
	return OidOutputFunctionCall(function, value);
}

Datum
Input(Oid type, const char *text)
{
	Oid function;
	Oid element;
	getTypeInputInfo(type, &function, &element);
	return OidInputFunctionCall(function, pstrdup(text), element, -1);
}

void
ReadTextArray(Datum array, TextList *out)
{
	Datum *values;
	bool *nulls;
	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &out->count);
	out->elements = static_cast<char **>(palloc0(sizeof(char *) * (out->count + 1)));
	for (int i = 0; i < out->count; ++i) {
		if (!nulls[i]) {
			out->elements[i] = TextDatumGetCString(values[i]);
		}
	}
}

int64
IntervalMilliseconds(Datum interval)
{
	constexpr int64 kMillisecondsPerDay = USECS_PER_DAY / 1000;
	// A hundred years: far beyond any wait, and far from overflow.
	constexpr int64 kMaxDays = 36525;
	const Interval *span = DatumGetIntervalP(interval);
	int64 const days = static_cast<int64>(span->month) * DAYS_PER_MONTH + span->day;
	double const microseconds = static_cast<double>(days) * USECS_PER_DAY + static_cast<double>(span->time);
	if (microseconds < 0) {
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("timeout must not be negative"),
						errhint("NULL, the default, waits until the run is over.")));
	}
	if (microseconds >= static_cast<double>(kMaxDays * USECS_PER_DAY)) {
		return kMaxDays * kMillisecondsPerDay;
	}
	return days * kMillisecondsPerDay + span->time / 1000;
}

namespace {

void
ReadRow(const char *const *cells, int columns, char **row)
{
	for (int column = 0; column < columns; ++column) {
		row[column] = cells[column] == nullptr ? nullptr : pstrdup(cells[column]);
	}
}

} // namespace

Datum
MakeRecord(FunctionCallInfo fcinfo, const char *const *cells, int columns)
{
	TupleDesc descriptor;
	if (get_call_result_type(fcinfo, nullptr, &descriptor) != TYPEFUNC_COMPOSITE || descriptor->natts != columns) {
		elog(ERROR, "unexpected result type");
	}
	auto **row = static_cast<char **>(palloc(sizeof(char *) * columns));
	ReadRow(cells, columns, row);
	HeapTuple tuple = BuildTupleFromCStrings(TupleDescGetAttInMetadata(BlessTupleDesc(descriptor)), row);
	return HeapTupleGetDatum(tuple);
}

void
ReturnRows(FunctionCallInfo fcinfo, const char *const *cells, int rows, int columns)
{
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
	if (rows > 0 && result->setDesc->natts != columns) {
		elog(ERROR, "unexpected number of result columns");
	}
	AttInMetadata *input = TupleDescGetAttInMetadata(result->setDesc);
	auto **row = static_cast<char **>(palloc(sizeof(char *) * (columns + 1)));
	for (int i = 0; i < rows; ++i) {
		ReadRow(cells + static_cast<size_t>(i) * columns, columns, row);
		tuplestore_puttuple(result->setResult, BuildTupleFromCStrings(input, row));
		CHECK_FOR_INTERRUPTS();
	}
}

void
Emit(int level, const char *message, const char *hint)
{
	ereport(level, (errmsg_internal("%s", message), hint[0] != '\0' ? errhint("%s", hint) : 0));
}

void
CheckInterrupts()
{
	CHECK_FOR_INTERRUPTS();
}

} // namespace sluice::api::leaf
