#include "engine/write/key_probe.hpp"

#include "pg/spi_call.hpp"

extern "C" {
#include "utils/tuplestore.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kRows = "pg_sluice_rows"; // as the query calls them
constexpr const char *kNumber = "pg_sluice_row";

// Rows that are asked about, and the keys of those that may be remembered.
struct Asked {
	Tuplestorestate *keys;
	MetKey *made; // of each row of the batch; without a length: not asked about, or not to be remembered
};

// A row none of whose key columns has a value refers to nothing.
void
ChooseRows(const KeyProbe *probe, const Batch *batch, Asked *asked)
{
	int const columns = probe->row_type->natts - 1;
	Datum values[INDEX_MAX_KEYS + 1];
	bool nulls[INDEX_MAX_KEYS + 1];
	for (int i = 0; i < batch->count; ++i) {
		const TupleTableSlot *row = batch->slots[i];
		bool any = false;
		bool all = true;
		for (int column = 0; column < columns; ++column) {
			values[column] = row->tts_values[probe->attributes[column]];
			nulls[column] = row->tts_isnull[probe->attributes[column]];
			any = any || !nulls[column];
			all = all && !nulls[column];
		}
		MetKey key;
		bool const kept = all && MakeKey(probe->row_type, columns, values, &key);
		if (!any || (kept && IsMet(probe->met, &key))) {
			continue;
		}
		if (kept) {
			asked->made[i] = key;
		}
		values[columns] = Int32GetDatum(i);
		nulls[columns] = false;
		tuplestore_putvalues(asked->keys, probe->row_type, values, nulls);
	}
}

void
Remember(const KeyProbe *probe, const Batch *batch, const MissingKeys *missing, Asked *asked)
{
	for (int i = 0; i < missing->count; ++i) {
		asked->made[missing->list[i].row].length = 0;
	}
	for (int i = 0; i < batch->count; ++i) {
		if (asked->made[i].length > 0) {
			Meet(probe->met, &asked->made[i]);
		}
	}
}

void
ReadMissing(MissingKeys *missing, MemoryContext memory)
{
	MemoryContext old = MemoryContextSwitchTo(memory);
	for (uint64 i = 0; i < SPI_processed; ++i) {
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc row_type = SPI_tuptable->tupdesc;
		bool is_null = false;
		MissingKey *found = &missing->list[missing->count++];
		found->key = SPI_getvalue(tuple, row_type, 1);
		found->has_null = DatumGetBool(SPI_getbinval(tuple, row_type, 2, &is_null));
		found->row = DatumGetInt32(SPI_getbinval(tuple, row_type, 3, &is_null));
	}
	MemoryContextSwitchTo(old);
}

int
CompareRows(const void *a, const void *b)
{
	return static_cast<const MissingKey *>(a)->row - static_cast<const MissingKey *>(b)->row;
}

void
Ask(const KeyProbe *probe, Tuplestorestate *keys, MissingKeys *missing)
{
	EphemeralNamedRelationData rows{};
	rows.md.name = pstrdup(kRows);
	rows.md.tupdesc = probe->row_type;
	rows.md.enrtype = ENR_NAMED_TUPLESTORE;
	rows.md.enrtuples = static_cast<double>(tuplestore_tuple_count(keys));
	rows.reldata = keys;
	pg::leaf::RoleScope scope;
	pg::leaf::EnterRole(&scope, probe->run_as, false);
	for (const char *join : {"enable_hashjoin", "enable_mergejoin"}) {
		(void)set_config_option(join, "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	}
	PushActiveSnapshot(GetLatestSnapshot());
	SPI_connect();
	SPI_register_relation(&rows);
	int const code = SPI_execute(probe->query, true, 0);
	if (code != SPI_OK_SELECT) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
						errmsg("statement could not be run: %s", SPI_result_code_string(code))));
	}
	ReadMissing(missing, probe->memory);
	SPI_finish();
	PopActiveSnapshot();
	pg::leaf::LeaveRole(&scope);
}

} // namespace

KeyProbe *
OpenKeyProbe(const ForeignKey *key, TupleDesc rows, Oid run_as)
{
	auto *probe = static_cast<KeyProbe *>(palloc0(sizeof(KeyProbe)));
	ForeignKeyColumnList const columns = ReferencingColumns(key->constraint);
	probe->attributes = static_cast<int *>(palloc(sizeof(int) * columns.count));
	probe->row_type = CreateTemplateTupleDesc(columns.count + 1);
	for (int i = 0; i < columns.count; ++i) {
		int attribute = rows->natts - 1;
		while (attribute >= 0 && (TupleDescAttr(rows, attribute)->attisdropped ||
								  strcmp(NameStr(TupleDescAttr(rows, attribute)->attname), columns.names[i]) != 0)) {
			--attribute;
		}
		if (attribute < 0) {
			return nullptr;
		}
		probe->attributes[i] = attribute;
		auto const number = static_cast<AttrNumber>(i + 1);
		Form_pg_attribute form = TupleDescAttr(rows, attribute);
		TupleDescInitEntry(probe->row_type, number, columns.names[i], form->atttypid, form->atttypmod, 0);
		TupleDescInitEntryCollation(probe->row_type, number, form->attcollation);
	}
	TupleDescInitEntry(probe->row_type, static_cast<AttrNumber>(columns.count + 1), kNumber, INT4OID, -1, 0);
	probe->run_as = run_as;
	probe->query = ForeignKeyQuery(key->constraint, kRows, FromItem(key->referenced), psprintf(", fk.%s", kNumber));
	probe->met = static_cast<MetKeys *>(palloc0(sizeof(MetKeys)));
	probe->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice key probe", ALLOCSET_DEFAULT_SIZES);
	return probe;
}

const MissingKeys *
FindMissing(KeyProbe *probe, const Batch *batch)
{
	MemoryContextReset(probe->memory);
	MemoryContext old = MemoryContextSwitchTo(probe->memory);
	auto *missing = static_cast<MissingKeys *>(palloc0(sizeof(MissingKeys)));
	Asked asked{tuplestore_begin_heap(false, false, work_mem),
				static_cast<MetKey *>(palloc0(sizeof(MetKey) * kBatchRows))};
	ChooseRows(probe, batch, &asked);
	if (tuplestore_tuple_count(asked.keys) > 0) {
		Ask(probe, asked.keys, missing);
		Remember(probe, batch, missing, &asked);
	}
	tuplestore_end(asked.keys);
	if (missing->count > 1) {
		qsort(missing->list, missing->count, sizeof(MissingKey), CompareRows);
	}
	MemoryContextSwitchTo(old);
	return missing;
}

void
CloseKeyProbe(KeyProbe *probe)
{
	pfree(probe->met);
	MemoryContextDelete(probe->memory);
}

} // namespace sluice::engine::leaf
