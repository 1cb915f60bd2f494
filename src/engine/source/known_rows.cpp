#include "engine/source/known_rows.hpp"

#include "core/format.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/sql.hpp"

extern "C" {
#include "access/tupmacs.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "utils/typcache.h"
}

namespace sluice::engine {

namespace leaf {

namespace {

// More than that is a file of its own.
constexpr size_t kMostRows = 10'000;

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

// What kind of value, how long, and its bytes: no two rows are written alike.
void
HashValue(pg_cryptohash_ctx *hash, const TupleTableSlot *row, int attribute)
{
	Form_pg_attribute const column = TupleDescAttr(row->tts_tupleDescriptor, attribute);
	uint64 size = row->tts_isnull[attribute] ? PG_UINT64_MAX : 0;
	if (row->tts_isnull[attribute]) {
		HashBytes(hash, &size, sizeof(size));
		return;
	}
	Datum const value = row->tts_values[attribute];
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
		HashValue(hash, row, columns.attributes[i]);
	}
	Require(pg_cryptohash_final(hash, whole, sizeof(whole)) >= 0);
	memcpy(result, whole, kRowHash);
}

int
Compare(MarkPlan *plan, Datum left, Datum right)
{
	return DatumGetInt32(FunctionCall2Coll(&plan->compare, InvalidOid, left, right));
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

} // namespace

} // namespace leaf

namespace {

std::string
Hex(const uint8 *hash)
{
	constexpr std::string_view kDigits = "0123456789abcdef";
	std::string text;
	for (int i = 0; i < leaf::kRowHash; ++i) {
		text += {kDigits[hash[i] >> 4], kDigits[hash[i] & 15]};
	}
	return text;
}

pg::SqlOptions
Alone()
{
	pg::SqlOptions options;
	options.run_as = GetUserId();
	return options;
}

std::optional<int>
PositionOf(const std::vector<std::string> &columns, const std::string &column)
{
	auto const found = std::find(columns.begin(), columns.end(), column);
	return found == columns.end() ? std::nullopt : std::optional(static_cast<int>(found - columns.begin()));
}

} // namespace

std::optional<KnownRows::Stored>
KnownRows::Read(const std::string &json)
{
	pg::SqlResult const whole = pg::Sql("SELECT $1::jsonb ->> 'from'", {json}, Alone());
	if (whole.Empty() || !whole.Cell(0, 0)) {
		return std::nullopt;
	}
	Stored stored;
	stored.from = whole.Text(0, 0);
	pg::SqlResult const columns = pg::Sql("SELECT jsonb_array_elements_text($1::jsonb -> 'columns')", {json}, Alone());
	for (size_t row = 0; row < columns.Rows(); ++row) {
		stored.columns.push_back(columns.Text(row, 0));
	}
	pg::SqlResult const rows =
		pg::Sql("SELECT e.key, e.value FROM jsonb_each_text($1::jsonb -> 'rows') e", {json}, Alone());
	for (size_t row = 0; row < rows.Rows(); ++row) {
		stored.rows.emplace(rows.Text(row, 0), rows.Integer(row, 1));
	}
	return stored;
}

std::string
KnownRows::Write(const Stored &stored)
{
	std::string columns;
	for (const std::string &column : stored.columns) {
		columns += (columns.empty() ? "" : ", ") + pg::QuoteLiteral(column);
	}
	std::string rows;
	for (const auto &[hash, copies] : stored.rows) {
		rows += Format("{}\"{}\": {}", rows.empty() ? "" : ", ", hash, copies);
	}
	return pg::Sql("SELECT jsonb_build_object('from', $1::text, 'columns', to_jsonb(ARRAY[" + columns +
					   "]::text[]), 'rows', $2::jsonb)",
				   {stored.from, "{" + rows + "}"}, Alone())
		.Text(0, 0);
}

KnownRows::KnownRows(const CursorColumn &cursor, std::vector<std::string> columns, int cursor_position,
					 const std::optional<Stored> &stored, const std::optional<std::string> &met_to,
					 const std::optional<std::string> &kept_from)
	: cursor_(cursor), columns_(std::move(columns)), cursor_position_(cursor_position), met_to_(met_to),
	  kept_from_(kept_from), marks_(kBatchRows)
{
	if (stored) {
		met_columns_ = stored->columns;
		met_ = stored->rows;
	}
}

void
KnownRows::BeginAt(int first_attribute)
{
	for (const std::string &column : met_columns_) {
		met_attributes_.push_back(first_attribute + *PositionOf(columns_, column));
	}
	for (size_t i = 0; i < columns_.size(); ++i) {
		kept_attributes_.push_back(first_attribute + static_cast<int>(i));
	}
	plan_.cursor = first_attribute + cursor_position_;
	plan_.met = {static_cast<int>(met_attributes_.size()), met_attributes_.data()};
	plan_.kept = {static_cast<int>(kept_attributes_.size()), kept_attributes_.data()};
	pg::Call(leaf::PrepareMarks, &plan_, cursor_.type->oid, met_to_ ? met_to_->c_str() : nullptr,
			 kept_from_ ? kept_from_->c_str() : nullptr);
}

void
KnownRows::Sift(Batch *batch)
{
	pg::Call(leaf::MarkRows, &plan_, static_cast<const Batch *>(batch), marks_.data());
	for (int i = 0; i < batch->count; ++i) {
		leaf::RowMark &mark = marks_[static_cast<size_t>(i)];
		if (mark.kept) {
			kept_[Hex(mark.kept_hash)]++;
		}
		if (mark.met) {
			auto const known = met_.find(Hex(mark.met_hash));
			mark.met = known != met_.end() && known->second > 0;
			if (mark.met) {
				known->second--;
				met_rows_++;
			}
		}
	}
	if (kept_.size() > leaf::kMostRows) {
		throw Error(sqlstate::kProgramLimitExceeded,
					Format("cursor column \"{}\" is too coarse: the next run would read more than {} rows again",
						   cursor_.name, leaf::kMostRows),
					"Take a finer cursor, a shorter lag, or key_columns with load => 'merge', which recognizes rows by their "
					"keys.",
					"Rows at the watermark, within the lag and without a value are read by each run, and without keys each of "
					"them has to be remembered.");
	}
	pg::Call(leaf::TakeOut, batch, static_cast<const leaf::RowMark *>(marks_.data()));
}

KnownRows::Stored
KnownRows::Kept() const
{
	return {columns_, kept_from_.value_or(""), kept_};
}

} // namespace sluice::engine
