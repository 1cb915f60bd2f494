#include "engine/source/row_hash.hpp"

extern "C" {
#include "access/tupmacs.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/typcache.h"
}

namespace sluice::engine::leaf {

namespace {

void
Require(bool good)
{
	if (!good) {
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute the hash of a row")));
	}
}

void
HashBytes(pg_cryptohash_ctx *hash, const void *bytes, Size size)
{
	Require(pg_cryptohash_update(hash, static_cast<const uint8 *>(bytes), size) >= 0);
}

bool
IsName(Oid type)
{
	switch (type) {
	case REGPROCOID:
	case REGPROCEDUREOID:
	case REGOPEROID:
	case REGOPERATOROID:
	case REGCLASSOID:
	case REGCOLLATIONOID:
	case REGTYPEOID:
	case REGROLEOID:
	case REGNAMESPACEOID:
	case REGCONFIGOID:
	case REGDICTIONARYOID:
		return true;
	default:
		return false;
	}
}

// What kind of value, how long, and its bytes: no two rows are written alike.
void
HashValue(pg_cryptohash_ctx *hash, const TupleTableSlot *row, HashedColumn *how)
{
	int const attribute = how->attribute;
	Form_pg_attribute const column = TupleDescAttr(row->tts_tupleDescriptor, attribute);
	uint64 size = row->tts_isnull[attribute] ? PG_UINT64_MAX : 0;
	if (row->tts_isnull[attribute]) {
		HashBytes(hash, &size, sizeof(size));
		return;
	}
	Datum const value = row->tts_values[attribute];
	if (how->as_text) {
		const char *text = OutputFunctionCall(&how->output, value);
		size = strlen(text);
		HashBytes(hash, &size, sizeof(size));
		HashBytes(hash, text, size);
		return;
	}
	if (column->attbyval) {
		Datum stored = 0;
		store_att_byval(&stored, value, column->attlen);
		size = static_cast<uint64>(column->attlen);
		HashBytes(hash, &size, sizeof(size));
		HashBytes(hash, &stored, size);
		return;
	}
	const char *bytes = DatumGetPointer(value);
	if (column->attlen == -1) {
		auto *const plain = PG_DETOAST_DATUM_PACKED(value);
		bytes = VARDATA_ANY(plain);
		size = VARSIZE_ANY_EXHDR(plain);
	} else {
		size = column->attlen == -2 ? strlen(bytes) : static_cast<uint64>(column->attlen);
	}
	HashBytes(hash, &size, sizeof(size));
	HashBytes(hash, bytes, size);
}

void
HashRow(pg_cryptohash_ctx *hash, const TupleTableSlot *row, HashedColumns columns, uint8 *result)
{
	uint8 whole[PG_SHA256_DIGEST_LENGTH];
	Require(pg_cryptohash_init(hash) >= 0);
	for (int i = 0; i < columns.count; ++i) {
		HashValue(hash, row, &columns.columns[i]);
	}
	Require(pg_cryptohash_final(hash, whole, sizeof(whole)) >= 0);
	memcpy(result, whole, kRowHash);
}

int
Compare(MarkPlan *plan, Datum left, Datum right)
{
	return DatumGetInt32(FunctionCall2Coll(&plan->compare, InvalidOid, left, right));
}

} // namespace

bool
HoldsOids(Oid type)
{
	Oid const base = getBaseType(type);
	Oid const element = get_element_type(base);
	if (OidIsValid(element)) {
		// It stands in the array, too.
		return element >= FirstNormalObjectId || HoldsOids(element);
	}
	bool const is_own = base >= FirstNormalObjectId;
	bool const names_itself = type_is_enum(base) || type_is_range(base) || type_is_multirange(base);
	return IsName(base) || type_is_rowtype(base) || (is_own && names_itself);
}

HashedColumn
HowToHash(TupleDesc row_type, int attribute)
{
	Oid const type = TupleDescAttr(row_type, attribute)->atttypid;
	HashedColumn column{attribute, HoldsOids(type), {}};
	if (column.as_text) {
		Oid output;
		bool is_varlena;
		getTypeOutputInfo(type, &output, &is_varlena);
		fmgr_info(output, &column.output);
	}
	return column;
}

void
PrepareMarks(MarkPlan *plan, Oid type, const char *met_to, const char *kept_from)
{
	const TypeCacheEntry *const found = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	fmgr_info_copy(&plan->compare, const_cast<FmgrInfo *>(&found->cmp_proc_finfo), CurrentMemoryContext);
	Oid input;
	Oid parameter;
	getTypeInputInfo(type, &input, &parameter);
	plan->has_met = met_to != nullptr;
	plan->has_kept = kept_from != nullptr;
	if (met_to != nullptr) {
		plan->met_to = OidInputFunctionCall(input, const_cast<char *>(met_to), parameter, -1);
	}
	if (kept_from != nullptr) {
		plan->kept_from = OidInputFunctionCall(input, const_cast<char *>(kept_from), parameter, -1);
	}
}

void
MarkRows(MarkPlan *plan, const Batch *batch, RowMark *marks)
{
	MemoryContext const old = MemoryContextSwitchTo(batch->memory);
	pg_cryptohash_ctx *const hash = pg_cryptohash_create(PG_SHA256);
	Require(hash != nullptr);
	for (int i = 0; i < batch->count; ++i) {
		const TupleTableSlot *row = batch->slots[i];
		bool const null = row->tts_isnull[plan->cursor];
		Datum const value = row->tts_values[plan->cursor];
		RowMark *mark = &marks[i];
		mark->null = null;
		mark->met = null || (plan->has_met && Compare(plan, value, plan->met_to) <= 0);
		mark->kept = null || (plan->has_kept && Compare(plan, value, plan->kept_from) >= 0);
		if (mark->met) {
			HashRow(hash, row, plan->met, mark->met_hash);
		}
		if (mark->kept) {
			HashRow(hash, row, plan->kept, mark->kept_hash);
		}
	}
	pg_cryptohash_free(hash);
	MemoryContextSwitchTo(old);
}

// Rows that are not to be loaded leave the batch.
void
TakeOut(Batch *batch, const RowMark *marks)
{
	int left = 0;
	for (int i = 0; i < batch->count; ++i) {
		if (marks[i].met) {
			ExecClearTuple(batch->slots[i]);
		} else {
			std::swap(batch->slots[left++], batch->slots[i]);
		}
	}
	batch->count = left;
}

} // namespace sluice::engine::leaf
