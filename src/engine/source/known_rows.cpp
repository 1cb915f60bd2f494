#include "engine/source/known_rows.hpp"

#include "core/format.hpp"
#include "core/sqlstate.hpp"
#include "pg/guard.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

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

std::string
RowsJson(const RowCounts &rows)
{
	std::string json;
	for (const auto &[hash, copies] : rows) {
		json += Format("{}\"{}\": {}", json.empty() ? "" : ", ", hash, copies);
	}
	return "{" + json + "}";
}

RowCounts
ReadRows(const std::string &json, const char *key)
{
	pg::SqlResult const rows =
		pg::Sql("SELECT e.key, e.value FROM jsonb_each_text($1::jsonb -> $2) e", {json, key}, Alone());
	RowCounts read;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		read.emplace(rows.Text(row, 0), rows.Integer(row, 1));
	}
	return read;
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
	stored.to = LoadedTo(json);
	pg::SqlResult const columns = pg::Sql("SELECT jsonb_array_elements_text($1::jsonb -> 'columns')", {json}, Alone());
	for (size_t row = 0; row < columns.Rows(); ++row) {
		stored.columns.push_back(columns.Text(row, 0));
	}
	stored.rows = ReadRows(json, "rows");
	stored.nulls = ReadRows(json, "nulls");
	return stored;
}

std::optional<std::string>
KnownRows::LoadedTo(const std::string &json)
{
	return pg::Sql("SELECT $1::jsonb ->> 'to'", {json}, Alone()).Cell(0, 0);
}

std::string
KnownRows::WriteLoadedTo(const std::string &to)
{
	return pg::Sql("SELECT jsonb_build_object('to', $1::text)", {to}, Alone()).Text(0, 0);
}

std::string
KnownRows::Write(const Stored &stored)
{
	std::string columns;
	for (const std::string &column : stored.columns) {
		columns += (columns.empty() ? "" : ", ") + pg::QuoteLiteral(column);
	}
	return pg::Sql("SELECT jsonb_build_object('from', $1::text, 'columns', to_jsonb(ARRAY[" + columns +
					   "]::text[]), 'rows', $2::jsonb, 'nulls', $4::jsonb) || CASE WHEN $3::text IS NOT NULL THEN "
					   "jsonb_build_object('to', "
					   "$3::text) ELSE '{}'::jsonb END",
				   {stored.from, RowsJson(stored.rows), stored.to, RowsJson(stored.nulls)}, Alone())
		.Text(0, 0);
}

KnownRows::KnownRows(const CursorColumn &cursor, std::vector<std::string> columns, int cursor_position,
					 const std::optional<Stored> &stored, const std::optional<std::string> &met_to,
					 const std::optional<std::string> &kept_from, bool reads_nulls)
	: cursor_(cursor), columns_(std::move(columns)), cursor_position_(cursor_position), met_to_(met_to),
	  kept_from_(kept_from), marks_(kBatchRows)
{
	if (stored) {
		met_columns_ = stored->columns;
		met_ = stored->rows;
		met_.insert(stored->nulls.begin(), stored->nulls.end());
		if (!reads_nulls && stored->columns == columns_) {
			kept_nulls_ = stored->nulls;
		}
	}
}

void
KnownRows::BeginAt(int first_attribute, TupleDesc row_type)
{
	for (int i = 0; i < static_cast<int>(columns_.size()); ++i) {
		kept_hashed_.push_back(pg::Call(leaf::HowToHash, row_type, first_attribute + i));
	}
	for (const std::string &column : met_columns_) {
		met_hashed_.push_back(kept_hashed_[*PositionOf(columns_, column)]);
	}
	plan_.cursor = first_attribute + cursor_position_;
	plan_.met = {static_cast<int>(met_hashed_.size()), met_hashed_.data()};
	plan_.kept = {static_cast<int>(kept_hashed_.size()), kept_hashed_.data()};
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
			(mark.null ? kept_nulls_ : kept_)[Hex(mark.kept_hash)]++;
		}
		if (mark.met && !takes_for_loaded_) {
			auto const known = met_.find(Hex(mark.met_hash));
			mark.met = known != met_.end() && known->second > 0;
			if (mark.met) {
				known->second--;
			}
		}
		met_rows_ += mark.met ? 1 : 0;
	}
	if (kept_.size() + kept_nulls_.size() > kMostRows) {
		throw Error(
			sqlstate::kProgramLimitExceeded,
			Format("cursor column \"{}\" is too coarse: the next run would read more than {} rows again", cursor_.name,
				   kMostRows),
			"Take a finer cursor, a shorter lag, or key_columns with load => 'merge', which recognizes rows by their "
			"keys.",
			"Rows at the watermark or beyond it, within the lag and without a value are read by each run, and without "
			"keys each of them has to be remembered.");
	}
	pg::Call(leaf::TakeOut, batch, static_cast<const leaf::RowMark *>(marks_.data()));
}

KnownRows::Stored
KnownRows::Kept(const std::optional<std::string> &loaded_to) const
{
	return {columns_, kept_from_.value_or(""), loaded_to, kept_, kept_nulls_};
}

} // namespace sluice::engine
