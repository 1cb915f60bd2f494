#include "engine/load/keyed_rows.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/row_changes.hpp"
#include "engine/target/created_table.hpp"
#include "engine/target/key_index.hpp"

namespace sluice::engine {

namespace {

// By their images; without the casts it would be a comparison column by column.
constexpr const char *kRowsDiffer = "ROW({})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW({})::pg_catalog.record";

} // namespace

MappingInput
WithCursor(MappingInput mapping, const CursorColumn *cursor)
{
	if (cursor != nullptr) {
		mapping.columns = Format("{}\n, source.{} AS {}", mapping.columns.value_or("source.*"),
								 pg::QuoteIdentifier(cursor->name), pg::QuoteIdentifier(kStagedCursor));
	}
	return mapping;
}

KeyedRows::KeyedRows(std::unique_ptr<Workplace> place, const MergePlan &plan, const CursorColumn *cursor,
					 RunJournal &journal)
	: place_(std::move(place)), plan_(plan), cursor_(cursor), journal_(journal)
{
	equals_.resize(plan_.keys.size());
	for (const std::string &key : plan_.keys) {
		keys_.push_back(pg::QuoteIdentifier(key));
	}
	for (const WorkColumn &column : place_->Columns()) {
		auto const key = std::find(plan_.keys.begin(), plan_.keys.end(), column.name);
		bool const is_key = key != plan_.keys.end();
		if (is_key) {
			equals_[static_cast<size_t>(key - plan_.keys.begin())] = column.equals;
			sortable_ = sortable_ && column.sortable;
		}
		columns_.push_back({pg::QuoteIdentifier(column.name), is_key, column.assignable, is_key && column.is_fixed,
							column.is_stamp, column.number});
		definitions_ += Format("{}{} {}", definitions_.empty() ? "(" : ", ", columns_.back().name, column.type);
	}
	for (size_t i = 0; i < equals_.size(); ++i) {
		if (equals_[i].empty()) {
			throw KeyNotLoaded(plan_.keys[i]);
		}
	}
	if (cursor_ != nullptr) {
		definitions_ += Format(", {} pg_catalog.{}", pg::QuoteIdentifier(kStagedCursor), cursor_->type->name);
	}
}

void
KeyedRows::OpenWithPlaces()
{
	place_->Open(Format("{}, {} pg_catalog.oid, {} pg_catalog.tid)", definitions_, kPart, kPlace));
}

std::vector<leaf::WalkedColumn>
KeyedRows::Walked() const
{
	std::vector<leaf::WalkedColumn> walked;
	for (const Column &column : columns_) {
		walked.push_back({column.number, column.is_key, column.assignable && !column.is_stamp && !column.is_fixed});
	}
	return walked;
}

void
KeyedRows::Close()
{
	staged_ = place_->Close();
	journal_.Info(Format("{} rows staged in a temporary table", staged_));
}

std::string
KeyedRows::TakeOutNulls()
{
	std::string taken_out = place_->FreeTemporaryName("pg_sluice_left_rows");
	std::string const which = Format("{} WHERE {} IS NULL", place_->Staged(), pg::QuoteIdentifier(kStagedCursor));
	place_->Run(
		Format("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {}", taken_out, List("", true), which));
	int64_t const count = static_cast<int64_t>(place_->Run("DELETE FROM " + which).Processed());
	staged_ -= count;
	journal_.Info(Format("{} rows without a value of the cursor are neither loaded nor taken for gone", count));
	return taken_out;
}

std::string
KeyedRows::List(const char *alias, bool keys_only) const
{
	std::string list;
	for (const Column &column : columns_) {
		if (column.is_key || !keys_only) {
			list += Format("{}{}{}", list.empty() ? "" : ", ", alias, column.name);
		}
	}
	return list;
}

std::string
KeyedRows::SameKey(const char *left, const char *right) const
{
	std::string condition;
	for (size_t i = 0; i < keys_.size(); ++i) {
		condition += Format("{}{}.{} {} {}.{}", i == 0 ? "" : " AND ", left, keys_[i], equals_[i], right, keys_[i]);
	}
	return condition;
}

// By the bytes: what = calls the same may be written in another way.
std::string
KeyedRows::Differ(const char *left, const char *right, bool keys_too) const
{
	std::string of_left;
	std::string of_right;
	for (const Column &column : columns_) {
		if (column.assignable && !column.is_stamp && !column.is_fixed && (keys_too || !column.is_key)) {
			of_left += Format("{}{}.{}", of_left.empty() ? "" : ", ", left, column.name);
			of_right += Format("{}{}.{}", of_right.empty() ? "" : ", ", right, column.name);
		}
	}
	return of_left.empty() ? "" : FormatRuntime(kRowsDiffer, of_left, of_right);
}

std::string
KeyedRows::Set(const char *from, bool keys_too) const
{
	std::string list;
	for (const Column &column : columns_) {
		if (column.assignable && !column.is_fixed && (keys_too || !column.is_key)) {
			list += Format("{}{} = {}.{}", list.empty() ? "" : ", ", column.name, from, column.name);
		}
	}
	return list;
}

void
KeyedRows::CheckKeys() const
{
	std::string condition;
	for (const std::string &key : keys_) {
		condition += (condition.empty() ? "" : " OR ") + key + " IS NULL";
	}
	int64_t const missing = place_
								->Run(Format("SELECT pg_catalog.count(*) FROM {} WHERE {} AND ({})", place_->Staged(),
											 doubtful_, condition))
								.Integer(0, 0);
	if (missing > 0) {
		throw Error(
			sqlstate::kNotNullViolation,
			Format("{} of the rows that were read have no value in a key column ({})", missing, plan_.KeyList()),
			"A key says which row is meant: leave such rows out with a filter, or take other key_columns.");
	}
}

// The rows that are overtaken by another one of their key leave the staging table; returns how many.
int64_t
KeyedRows::RemoveDuplicates()
{
	std::string const keys = List("", true);
	std::string const &table = place_->Staged();
	if (place_
			->Run(Format("SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 "
						 "LIMIT 1",
						 table, doubtful_, keys))
			.Empty()) {
		return 0;
	}
	int64_t removed = 0;
	if (cursor_ != nullptr) {
		removed += static_cast<int64_t>(
			place_
				->Run(Format(
					"DELETE FROM {0} AS s USING (SELECT ctid AS place, pg_catalog.rank() OVER (PARTITION BY {1} ORDER "
					"BY "
					"{2} DESC NULLS LAST) AS place_in_order FROM {0}) AS o WHERE s.ctid OPERATOR(pg_catalog.=) o.place "
					"AND o.place_in_order OPERATOR(pg_catalog.>) 1",
					table, keys, pg::QuoteIdentifier(kStagedCursor)))
				.Processed());
	}
	if (!plan_.last_wins) {
		CheckTies();
	}
	removed += static_cast<int64_t>(
		place_
			->Run(Format("DELETE FROM {0} AS s USING (SELECT ctid AS place, pg_catalog.row_number() OVER (PARTITION BY "
						 "{1} ORDER BY "
						 "ctid DESC) AS place_in_order FROM {0}) AS o WHERE s.ctid OPERATOR(pg_catalog.=) o.place AND "
						 "o.place_in_order OPERATOR(pg_catalog.>) 1",
						 table, keys))
			.Processed());
	journal_.Info(Format("{} rows stood behind others of the same key", removed));
	return removed;
}

void
KeyedRows::CheckTies() const
{
	std::string of_row;
	std::string of_last;
	for (const Column &column : columns_) {
		of_row += (of_row.empty() ? "s." : ", s.") + column.name;
		of_last += (of_last.empty() ? "w." : ", w.") + column.name;
	}
	pg::SqlResult const tie = place_->Run(
		Format("SELECT ROW({2})::pg_catalog.text FROM (SELECT ctid AS place, pg_catalog.first_value(ctid) OVER "
			   "(PARTITION BY {1} "
			   "ORDER BY ctid DESC) AS last FROM {0}) AS o JOIN {0} AS s ON s.ctid OPERATOR(pg_catalog.=) "
			   "o.place JOIN {0} AS w "
			   "ON w.ctid OPERATOR(pg_catalog.=) o.last WHERE {3} LIMIT 1",
			   place_->Staged(), List("", true), List("s.", true), FormatRuntime(kRowsDiffer, of_row, of_last)));
	if (tie.Empty()) {
		return;
	}
	throw Error(
		sqlstate::kCardinalityViolation,
		cursor_ != nullptr
			? Format("rows with the same key differ, and have the same greatest value of cursor column \"{}\"",
					 cursor_->name)
			: "rows with the same key differ, and there is no cursor_column to tell which is the newest",
		"Take a cursor_column that tells them apart, or key_columns that do; or let the row win that was read last: "
		"{\"on_tie\": \"last\"} in options.",
		Format("Key ({})={}.", plan_.KeyList(), tie.Text(0, 0)));
}

// Rows that come by a cursor have changed: their pages are to be read anyway.
bool
KeyedRows::AreFew() const
{
	constexpr int64_t kPagesForOneRow = 4;
	constexpr int64_t kChangedRowsForOnePage = 8;
	pg::SqlResult const size = place_->Run(
		"WITH RECURSIVE part (oid) AS (SELECT $1::pg_catalog.oid UNION ALL SELECT i.inhrelid FROM "
		"pg_catalog.pg_inherits AS i JOIN part AS p ON i.inhparent OPERATOR(pg_catalog.=) p.oid) SELECT "
		"pg_catalog.sum(pg_catalog.pg_relation_size(p.oid))::pg_catalog.int8, pg_catalog.count(*) FROM part AS "
		"p JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.oid WHERE c.relkind "
		"OPERATOR(pg_catalog.<>) 'p'",
		{place_->TableOid()});
	int64_t const probes = staged_ * size.Integer(0, 1);
	int64_t const pages = size.Integer(0, 0) / BLCKSZ;
	return cursor_ != nullptr ? probes <= pages * kChangedRowsForOnePage : probes * kPagesForOneRow <= pages;
}

int64_t
KeyedRows::Settle()
{
	if (doubtful_ == "false") {
		return 0;
	}
	CheckKeys();
	return RemoveDuplicates();
}

std::string
KeyedRows::InOrder() const
{
	return sortable_ ? Format("(SELECT * FROM {} ORDER BY {} OFFSET 0)", place_->Staged(), List("", true))
					 : place_->Staged();
}

} // namespace sluice::engine
