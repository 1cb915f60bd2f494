#include "engine/load/keyed_rows.hpp"

#include "core/sqlstate.hpp"
#include "engine/load/row_changes.hpp"
#include "engine/target/key_index.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// By their images; without the casts it would be a comparison column by column.
constexpr const char *kRowsDiffer = "ROW({})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW({})::pg_catalog.record";

} // namespace

namespace leaf {

namespace {

void
SetForLevel(const char *name, const char *value)
{
	(void)set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

} // namespace

int
TakeMemory(bool is_given)
{
	constexpr int kKilobytes = 16 * 1024;
	int const level = NewGUCNestLevel();
	if (!is_given && work_mem < kKilobytes) {
		SetForLevel("work_mem", "16MB");
	}
	return level;
}

void
FindRowsOneByOne()
{
	SetForLevel("enable_hashjoin", "off");
	SetForLevel("enable_mergejoin", "off");
}

void
LeaveLevel(int level)
{
	AtEOXact_GUC(true, level);
}

} // namespace leaf

KeyedRows::KeyedRows(const Destination &destination, const MergePlan &plan, const ColumnMatch &match,
					 const CursorColumn *cursor, RunJournal &journal)
	: destination_(destination.oid), plan_(plan), cursor_(cursor), journal_(journal)
{
	TupleDesc const row_type = RelationGetDescr(destination.relation);
	equals_.resize(plan_.keys.size());
	for (const std::string &key : plan_.keys) {
		keys_.push_back(pg::QuoteIdentifier(key));
	}
	for (int i = 0; i < row_type->natts; ++i) {
		if (match.source_of[static_cast<size_t>(i)] < 0) {
			continue;
		}
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		std::string const name = NameStr(attribute->attname);
		auto const key = std::find(plan_.keys.begin(), plan_.keys.end(), name);
		bool const is_key = key != plan_.keys.end();
		bool is_fixed = false;
		if (is_key) {
			Oid const base = pg::Call(getBaseType, attribute->atttypid);
			equals_[static_cast<size_t>(key - plan_.keys.begin())] = pg::Call(leaf::EqualityOf, base);
			sortable_ = sortable_ && pg::Call(leaf::CanBeSorted, base);
			is_fixed = pg::Call(leaf::EqualMeansSame, base, attribute->attcollation);
		}
		columns_.push_back({pg::QuoteIdentifier(name), is_key, attribute->attidentity != ATTRIBUTE_IDENTITY_ALWAYS,
							is_fixed, match.stamped[static_cast<size_t>(i)], attribute->attnum});
		definitions_ += Format("{}{} {}", definitions_.empty() ? "(" : ", ", columns_.back().name,
							   pg::Call(format_type_with_typemod, attribute->atttypid, attribute->atttypmod));
		if (OidIsValid(attribute->attcollation)) {
			definitions_ += Format(" COLLATE {}", pg::Call(leaf::CollationName, attribute->attcollation));
		}
	}
	for (size_t i = 0; i < equals_.size(); ++i) {
		if (equals_[i].empty()) {
			throw Error(sqlstate::kUndefinedColumn, Format("key column \"{}\" is not loaded", plan_.keys[i]),
						"Give it a value in columns, or take other key_columns: they name columns of the destination.");
		}
	}
	if (cursor_ != nullptr) {
		definitions_ += Format(", {} pg_catalog.{}", pg::QuoteIdentifier(kStagedCursor), cursor_->type->name);
	}
}

void
KeyedRows::OpenWithPlaces()
{
	staged_.Open(Format("{}, {} pg_catalog.oid, {} pg_catalog.tid)", definitions_, kPart, kPlace));
}

std::vector<leaf::WalkedColumn>
KeyedRows::Walked() const
{
	std::vector<leaf::WalkedColumn> walked;
	for (const Column &column : columns_) {
		walked.push_back({column.number, column.is_key, column.assignable && !column.is_stamp});
	}
	return walked;
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
	int64_t const missing =
		pg::Sql(Format("SELECT pg_catalog.count(*) FROM {} WHERE {}", staged_.Name(), condition)).Integer(0, 0);
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
	std::string const &table = staged_.Name();
	if (pg::Sql(Format("SELECT 1 FROM {} GROUP BY {} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1 LIMIT 1",
					   table, keys))
			.Empty()) {
		return 0;
	}
	int64_t removed = 0;
	if (cursor_ != nullptr) {
		removed += static_cast<int64_t>(
			pg::Sql(
				Format(
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
		pg::Sql(Format("DELETE FROM {0} AS s USING (SELECT ctid AS place, pg_catalog.row_number() OVER (PARTITION BY "
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
	pg::SqlResult const tie =
		pg::Sql(Format("SELECT ROW({2})::pg_catalog.text FROM (SELECT ctid AS place, pg_catalog.first_value(ctid) OVER "
					   "(PARTITION BY {1} "
					   "ORDER BY ctid DESC) AS last FROM {0}) AS o JOIN {0} AS s ON s.ctid OPERATOR(pg_catalog.=) "
					   "o.place JOIN {0} AS w "
					   "ON w.ctid OPERATOR(pg_catalog.=) o.last WHERE {3} LIMIT 1",
					   staged_.Name(), List("", true), List("s.", true), FormatRuntime(kRowsDiffer, of_row, of_last)));
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
	pg::SqlResult const size = pg::Sql("SELECT pg_catalog.sum(pg_catalog.pg_relation_size(c.oid))::pg_catalog.int8, "
									   "pg_catalog.count(*) FROM (SELECT t.relid AS "
									   "oid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass) "
									   "AS t WHERE t.isleaf UNION SELECT "
									   "$1::pg_catalog.oid) AS c",
									   {Format("{}", destination_)});
	int64_t const probes = staged_.Rows() * size.Integer(0, 1);
	int64_t const pages = size.Integer(0, 0) / BLCKSZ;
	return cursor_ != nullptr ? probes <= pages * kChangedRowsForOnePage : probes * kPagesForOneRow <= pages;
}

int64_t
KeyedRows::Settle()
{
	CheckKeys();
	return RemoveDuplicates();
}

std::string
KeyedRows::InOrder() const
{
	return sortable_ ? Format("(SELECT * FROM {} ORDER BY {} OFFSET 0)", staged_.Name(), List("", true))
					 : staged_.Name();
}

} // namespace sluice::engine
