#include "engine/write/sample_statistics.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_index.h"
#include "catalog/pg_statistic.h"
#include "utils/attoptcache.h"
}

namespace sluice::engine::leaf {

namespace {

// With fewer ANALYZE does not begin.
constexpr int kFewestRows = 100;

bool
HasExpressionIndex(Relation table)
{
	List *indexes = RelationGetIndexList(table);
	bool found = false;
	ListCell *cell;
	foreach (cell, indexes) {
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		if (HeapTupleIsValid(tuple)) {
			found = found || !heap_attisnull(tuple, Anum_pg_index_indexprs, nullptr);
			ReleaseSysCache(tuple);
		}
	}
	list_free(indexes);
	return found;
}

// -1: the server's setting.
int
TargetOf(Relation table, AttrNumber number)
{
	HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(RelationGetRelid(table)), Int16GetDatum(number));
	if (!HeapTupleIsValid(tuple)) {
		return 0;
	}
	bool is_null;
	Datum const target = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attstattarget, &is_null);
	int const value = is_null ? -1 : pg::compat::StatisticsTarget(target);
	ReleaseSysCache(tuple);
	return value;
}

// As examine_attribute of commands/analyze.c does it; NULL: nothing is to be known about this column.
VacAttrStats *
ExamineColumn(Relation table, AttrNumber number)
{
	Form_pg_attribute const attribute = TupleDescAttr(RelationGetDescr(table), number - 1);
	bool const is_virtual = attribute->attgenerated != '\0' && attribute->attgenerated != ATTRIBUTE_GENERATED_STORED;
	int const target = attribute->attisdropped || is_virtual ? 0 : TargetOf(table, number);
	if (target == 0) {
		return nullptr;
	}
	auto *column = static_cast<VacAttrStats *>(palloc0(sizeof(VacAttrStats)));
	pg::compat::SetStatisticsTarget(column, attribute, target);
	column->attrtypid = attribute->atttypid;
	column->attrtypmod = attribute->atttypmod;
	column->attrcollid = attribute->attcollation;
	HeapTuple type = SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(attribute->atttypid));
	if (!HeapTupleIsValid(type)) {
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("type with OID %u does not exist", attribute->atttypid)));
	}
	column->attrtype = reinterpret_cast<Form_pg_type>(GETSTRUCT(type));
	column->anl_context = CurrentMemoryContext;
	column->tupattnum = number;
	for (int i = 0; i < STATISTIC_NUM_SLOTS; ++i) {
		column->statypid[i] = column->attrtypid;
		column->statyplen[i] = column->attrtype->typlen;
		column->statypbyval[i] = column->attrtype->typbyval;
		column->statypalign[i] = column->attrtype->typalign;
	}
	bool const known = OidIsValid(column->attrtype->typanalyze)
						   ? DatumGetBool(OidFunctionCall1(column->attrtype->typanalyze, PointerGetDatum(column)))
						   : std_typanalyze(column);
	return known && column->compute_stats != nullptr && column->minrows > 0 ? column : nullptr;
}

Datum
FetchValue(VacAttrStatsP column, int row, bool *is_null)
{
	return heap_getattr(column->rows[row], column->tupattnum, column->tupDesc, is_null);
}

void
Compute(const SampleStatistics *statistics, VacAttrStats *column, TupleDesc row_type, double rows)
{
	column->rows = statistics->sample.rows;
	column->tupDesc = row_type;
	column->compute_stats(column, FetchValue, statistics->sample.count, rows);
	AttributeOpts *options = get_attribute_options(statistics->destination, column->tupattnum);
	if (options != nullptr && options->n_distinct != 0.0) {
		column->stadistinct = static_cast<float4>(options->n_distinct);
	}
}

Datum
Numbers(const VacAttrStats *column, int slot)
{
	int const count = column->numnumbers[slot];
	auto *values = static_cast<Datum *>(palloc(sizeof(Datum) * count));
	for (int i = 0; i < count; ++i) {
		values[i] = Float4GetDatum(column->stanumbers[slot][i]);
	}
	return PointerGetDatum(construct_array(values, count, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

Datum
Values(const VacAttrStats *column, int slot)
{
	return PointerGetDatum(construct_array(column->stavalues[slot], column->numvalues[slot], column->statypid[slot],
										   column->statyplen[slot], column->statypbyval[slot],
										   column->statypalign[slot]));
}

void
Store(Relation catalog, Oid heap, const VacAttrStats *column)
{
	Datum values[Natts_pg_statistic] = {};
	bool nulls[Natts_pg_statistic] = {};
	values[Anum_pg_statistic_starelid - 1] = ObjectIdGetDatum(heap);
	values[Anum_pg_statistic_staattnum - 1] = Int16GetDatum(static_cast<int16>(column->tupattnum));
	values[Anum_pg_statistic_stainherit - 1] = BoolGetDatum(false);
	values[Anum_pg_statistic_stanullfrac - 1] = Float4GetDatum(column->stanullfrac);
	values[Anum_pg_statistic_stawidth - 1] = Int32GetDatum(column->stawidth);
	values[Anum_pg_statistic_stadistinct - 1] = Float4GetDatum(column->stadistinct);
	for (int slot = 0; slot < STATISTIC_NUM_SLOTS; ++slot) {
		values[Anum_pg_statistic_stakind1 - 1 + slot] = Int16GetDatum(column->stakind[slot]);
		values[Anum_pg_statistic_staop1 - 1 + slot] = ObjectIdGetDatum(column->staop[slot]);
		values[Anum_pg_statistic_stacoll1 - 1 + slot] = ObjectIdGetDatum(column->stacoll[slot]);
		int const numbers = Anum_pg_statistic_stanumbers1 - 1 + slot;
		nulls[numbers] = column->numnumbers[slot] == 0;
		values[numbers] = nulls[numbers] ? 0 : Numbers(column, slot);
		int const most = Anum_pg_statistic_stavalues1 - 1 + slot;
		nulls[most] = column->numvalues[slot] == 0;
		values[most] = nulls[most] ? 0 : Values(column, slot);
	}
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(catalog), values, nulls);
	CatalogTupleInsert(catalog, tuple);
	heap_freetuple(tuple);
}

} // namespace

SampleStatistics *
OpenSampleStatistics(Relation destination)
{
	if (HasExpressionIndex(destination) || RelationGetStatExtList(destination) != NIL) {
		return nullptr;
	}
	TupleDesc row_type = RelationGetDescr(destination);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		// ANALYZE guards against what a user's functions could do; here none is called.
		if (!attribute->attisdropped && attribute->atttypid >= FirstNormalObjectId) {
			return nullptr;
		}
	}
	auto *statistics = static_cast<SampleStatistics *>(palloc0(sizeof(SampleStatistics)));
	statistics->destination = RelationGetRelid(destination);
	statistics->columns = static_cast<VacAttrStats **>(palloc0(sizeof(VacAttrStats *) * (row_type->natts + 1)));
	int wanted = kFewestRows;
	for (int i = 0; i < row_type->natts; ++i) {
		if (VacAttrStats *column = ExamineColumn(destination, static_cast<AttrNumber>(i + 1))) {
			statistics->columns[statistics->count++] = column;
			wanted = std::max(wanted, column->minrows);
		}
	}
	OpenRowSample(&statistics->sample, wanted);
	return statistics;
}

bool
StoreSampleStatistics(SampleStatistics *statistics, Oid heap, double rows)
{
	RowSample *sample = &statistics->sample;
	if (sample->given_up) {
		return false;
	}
	if (sample->count == 0) {
		return true;
	}
	SortRowSample(sample);
	Relation table = table_open(heap, AccessShareLock);
	Relation catalog = table_open(StatisticRelationId, RowExclusiveLock);
	MemoryContext const memory =
		AllocSetContextCreate(CurrentMemoryContext, "pg_sluice column statistics", ALLOCSET_DEFAULT_SIZES);
	MemoryContext const old = MemoryContextSwitchTo(memory);
	for (int i = 0; i < statistics->count; ++i) {
		CHECK_FOR_INTERRUPTS();
		VacAttrStats *column = statistics->columns[i];
		column->anl_context = memory;
		Compute(statistics, column, RelationGetDescr(table), rows);
		if (column->stats_valid) {
			Store(catalog, heap, column);
		}
		MemoryContextReset(memory);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(memory);
	table_close(catalog, RowExclusiveLock);
	table_close(table, AccessShareLock);
	MemoryContextDelete(sample->memory);
	CommandCounterIncrement();
	return true;
}

} // namespace sluice::engine::leaf
