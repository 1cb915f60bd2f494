#include <algorithm>
#include <array>

#include "core/duration.hpp"
#include "core/option_registry.hpp"

namespace sluice {

namespace {

using enum OptionType;

// In the order of their keys. Adding an option is adding a line.
constexpr std::array kOptions = {
	OptionSpec{"after_sql", Text, 0, 100'000, "", "",
			   "SQL statements that a run executes after its load, where the destination is, in the same transaction."},
	OptionSpec{"analyze", Enumeration, 0, 0, "auto|off", "auto",
			   "Whether a run analyzes the table that it created or replaced."},
	OptionSpec{
		"before_sql", Text, 0, 100'000, "", "",
		"SQL statements that a run executes before its load, where the destination is, in the same transaction."},
	OptionSpec{
		"column_case", Enumeration, 0, 0, "keep|lower|snake", "keep",
		"How the columns of the source are called in the destination: as they are, in lower case, or as order_id for "
		"OrderId."},
	OptionSpec{
		"column_types", OptionType::Object, 0, 100'000, "", "",
		"Types that columns are cast to before they are loaded, by their names in the destination: a destination that "
		"is created has them."},
	OptionSpec{
		"command_transaction", Boolean, 0, 0, "", "",
		"Whether the statements of a command are one transaction, or each is one of its own; empty: one, unless a "
		"statement cannot be part of one."},
	OptionSpec{
		"commit_every", Integer, 0, 1'000'000'000, "", "0",
		"After about how many rows a run with a cursor commits, so that one that is cut short goes on from there; 0 "
		"commits at the end alone."},
	OptionSpec{"connect_timeout", Duration, kSecond, kHour, "", "30", "How long connecting to the source may take."},
	OptionSpec{
		"create_indexes", Enumeration, 0, 0, "none|keys|source", "keys",
		"Which indexes of the source's table a table that the run creates gets: none, its primary key, or those over "
		"columns that are loaded."},
	OptionSpec{"current_column", Text, 1, 63, "", "is_current",
			   "The destination's column (boolean) in which a history says which version of a row is the current one."},
	OptionSpec{"depends_rule", Enumeration, 0, 0, "all_success|all_done|any_success", "all_success",
			   "When a pipeline with depends_on starts: all of those succeeded, all are over, or one succeeded."},
	OptionSpec{"direct", Enumeration, 0, 0, "auto|off", "auto",
			   "Whether the pages of a table that the run creates or replaces are built directly, where that is safe."},
	OptionSpec{
		"end_at", Timestamp, 0, 0, "", "",
		"No due time of the schedule lies after this one; without an offset a time in the pipeline's time zone."},
	OptionSpec{
		"exclude_columns", List, 0, 60'000, "", "",
		"Columns of the source that are not loaded, though columns says * or nothing; they are not read either."},
	OptionSpec{"fetch_size", Integer, 1, 1'000'000, "", "10000",
			   "How many rows are asked from a foreign data wrapper at a time."},
	OptionSpec{"get_public_key", Boolean, 0, 0, "", "false",
			   "Whether a MySQL server without TLS may get the password encrypted with a key that it sends itself."},
	OptionSpec{
		"indexes", Enumeration, 0, 0, "auto|keep", "auto",
		"Whether an append to an empty table builds its indexes after the load, or keeps them up row by row so that "
		"other writers never wait."},
	OptionSpec{"jit", Boolean, 0, 0, "", "false",
			   "Whether the run's expressions may be compiled just in time, here and where a PostgreSQL source reads a "
			   "table."},
	OptionSpec{"keep_failed_runs", Integer, 0, 2'147'483'647, "", "",
			   "How many failed runs the history keeps; 0 keeps all, empty means pg_sluice.keep_failed_runs."},
	OptionSpec{"keep_failed_runs_for", Duration, 0, 36500 * kDay, "", "",
			   "How long the history keeps failed runs; 0 means for ever, empty pg_sluice.keep_failed_runs_for."},
	OptionSpec{"keep_runs", Integer, 0, 2'147'483'647, "", "",
			   "How many successful, skipped and stopped runs the history keeps; 0 keeps all, empty means "
			   "pg_sluice.keep_runs."},
	OptionSpec{"keep_runs_for", Duration, 0, 36500 * kDay, "", "",
			   "How long the history keeps successful, skipped and stopped runs; 0 means for ever, empty "
			   "pg_sluice.keep_runs_for."},
	OptionSpec{"lag", Duration, 0, 36500 * kDay, "", "0",
			   "How far behind its watermark a run with a cursor reads again, for rows that come late: seconds or an "
			   "interval, of "
			   "a number that many units."},
	OptionSpec{"late_rows", Enumeration, 0, 0, "lag|auto|xmin", "lag",
			   "How rows are found whose transaction was still open when the source was read: by lag alone; auto, "
			   "which asks a PostgreSQL source since when one has been open; or xmin, by which it finds rows of "
			   "transactions since the last run."},
	OptionSpec{
		"load_columns", OptionType::Boolean, 0, 0, "", "false",
		"Whether each row gets the columns _run_id (uuid) and _loaded_at (timestamptz): the run that loaded it, and "
		"when that began."},
	OptionSpec{"max_deletes", OptionType::RowLimit, 0, 0, "", "50%",
			   "How many rows a run of a mirror or a history may take for deleted at the source: a number, or a "
			   "percentage, which counts where there are more than 1000; beyond that the run fails."},
	OptionSpec{"max_rejects", Text, 1, 20, "", "1000",
			   "How many rows a run may put into quarantine before it fails: a number, or a percentage of those that "
			   "it reads, such as 5%."},
	OptionSpec{"max_retries", Integer, 0, 1000, "", "0",
			   "How often a run that failed with an error that a retry can cure is tried again."},
	OptionSpec{
		"merge_strategy", Enumeration, 0, 0, "upsert|insert_only|delete_insert", "upsert",
		"What a merge does with rows whose key is there: it updates those that differ, or leaves them, or deletes and "
		"inserts those that differ."},
	OptionSpec{"mysql_source", Enumeration, 0, 0, "auto|fdw", "auto",
			   "Who reads a server of mysql_fdw: pg_sluice itself where it can, or the wrapper."},
	OptionSpec{"mysql_time", Enumeration, 0, 0, "time|interval", "time",
			   "What a column of MySQL's type time is read as; interval also takes what is not a time of a day."},
	OptionSpec{
		"on_changed_type", Enumeration, 0, 0, "freeze|evolve|discard_row", "freeze",
		"What becomes of a column whose values no longer fit into the destination's since its type has changed at "
		"the source: the run fails, the destination's column is widened where that loses nothing, or rows whose values "
		"do not fit are put aside."},
	OptionSpec{
		"on_empty", Enumeration, 0, 0, "error|load", "error",
		"What becomes of a replace, a mirror or a history whose source gives no row while the destination has some: "
		"the run fails, or the destination is emptied."},
	OptionSpec{"on_invalid_text", Enumeration, 0, 0, "error|replace", "error",
			   "What becomes of bytes in a text that are no characters: the row does not fit, or each becomes the "
			   "replacement character U+FFFD."},
	OptionSpec{"on_loss", Enumeration, 0, 0, "warn|fail", "warn",
			   "What becomes of a value that the type of its column would change: it is changed, and a warning names "
			   "the column, or the run fails and names the value."},
	OptionSpec{"on_missed", Enumeration, 0, 0, "run_once|skip|run_all", "run_once",
			   "What to do about due times that passed while nobody could serve them: one run, none, or one each."},
	OptionSpec{
		"on_missing_column", Enumeration, 0, 0, "freeze|discard_value|evolve", "freeze",
		"What becomes of a column that is gone from the source: the run fails, or the destination's gets no values any "
		"more; evolve also takes a NOT NULL away that stands against it."},
	OptionSpec{"on_new_column", Enumeration, 0, 0, "discard_value|discard_row|evolve|freeze", "discard_value",
			   "What becomes of a column that is new at the source: it is not loaded, which a warning tells, rows with "
			   "a value in it are put aside, it is added to the destination, or the run fails."},
	OptionSpec{"on_nul", Enumeration, 0, 0, "error|strip", "error",
			   "What becomes of zero bytes in a text, which PostgreSQL's text types cannot hold: the row does not fit, "
			   "or they are left out."},
	OptionSpec{
		"on_null_cursor", Enumeration, 0, 0, "error|include|exclude", "error",
		"What becomes of rows without a value of the cursor: the run fails, or each run reads them, or none does."},
	OptionSpec{"on_overlap", Enumeration, 0, 0, "skip|queue_one", "skip",
			   "What to do when the pipeline is due while its run is not over: skip that due time, or queue one run."},
	OptionSpec{"on_reject", Enumeration, 0, 0, "fail|quarantine", "fail",
			   "What becomes of a row that does not fit into the destination: the run fails, or the row is kept in "
			   "rejected_rows and the others are loaded."},
	OptionSpec{
		"on_swap_conflict", Enumeration, 0, 0, "in_place|fail", "in_place",
		"What a replace does when readers keep it from swapping its new rows in: delete the old ones and insert the "
		"new ones in place, or fail."},
	OptionSpec{
		"on_tie", Enumeration, 0, 0, "error|last", "error",
		"What a merge does with unlike rows of the same key and cursor: the run fails, or the one that was read last "
		"wins."},
	OptionSpec{"pause_after_failures", Integer, 0, 1'000'000, "", "0",
			   "After so many failed runs in a row the pipeline is paused; 0 never pauses it."},
	OptionSpec{"priority", Integer, -1000, 1000, "", "0",
			   "Of an owner's queued runs those of a greater priority start first; among equals the oldest due."},
	OptionSpec{"retry_delay", Duration, kSecond, 30 * kDay, "", "30",
			   "How long to wait before the first retry; the wait doubles with each further one."},
	OptionSpec{"retry_max_delay", Duration, kSecond, 30 * kDay, "", "3600",
			   "No wait before a retry is longer than this."},
	OptionSpec{
		"scope", Text, 0, 10'000, "", "",
		"A condition on the destination's rows: which of them a mirror or a history compares with the source and may "
		"delete. Needed where other pipelines load the table as well."},
	OptionSpec{"sequences", Enumeration, 0, 0, "auto|off", "auto",
			   "Whether a sequence behind a column that was loaded is moved past the values loaded."},
	OptionSpec{"soft_delete_column", Text, 0, 63, "", "",
			   "The destination's column (boolean or a timestamp) in which a mirror marks rows that are gone from the "
			   "source, in "
			   "place of deleting them."},
	OptionSpec{"source_idle_timeout", Duration, 0, 30 * kDay, "", "1800",
			   "How long a source may stay silent before the run fails; 0 waits forever."},
	OptionSpec{"source_min_rate", Integer, 0, 1'000'000'000, "", "100",
			   "Bytes per second that a PostgreSQL source must send during source_idle_timeout where no whole row came "
			   "in it."},
	OptionSpec{
		"start_at", Timestamp, 0, 0, "", "",
		"No due time of the schedule lies before this one; without an offset a time in the pipeline's time zone."},
	OptionSpec{
		"stream_key", Text, 0, 63, "", "",
		"The source's column by whose values streams are cut where ranges of pages are no way: a query, a view, an "
		"old server."},
	OptionSpec{
		"streams", Enumeration, 0, 0, "auto|1|2|3|4|5|6|7|8", "1",
		"In how many streams a table that is replaced, new or empty is loaded from another PostgreSQL; auto takes "
		"several where there is much to load and there are cores and processes for it."},
	OptionSpec{"swap_lock_attempts", Integer, 1, 1'000'000, "", "12",
			   "How often a replace tries to lock the table for the swap before it does what on_swap_conflict says."},
	OptionSpec{"swap_lock_timeout", Duration, 10 * kMillisecond, kHour, "", "5",
			   "How long a replace waits for readers before it steps back and tries again."},
	OptionSpec{"timeout", Duration, 0, 20 * kDay, "", "0",
			   "How long a run may take before it is cancelled and fails; 0 sets no limit."},
	OptionSpec{
		"transform", Text, 0, 100'000, "", "",
		"A query of this database over the rows that columns and filter give, which it calls source; its rows are "
		"loaded in their place."},
	OptionSpec{
		"valid_from_column", Text, 1, 63, "", "valid_from",
		"The destination's column (timestamptz) in which a history says from when on a version of a row is valid."},
	OptionSpec{"valid_to_column", Text, 1, 63, "", "valid_to",
			   "The same for when it ceased to be; NULL while it is current."},
	OptionSpec{"verify", Enumeration, 0, 0, "off|count", "off",
			   "Whether a run compares how many rows it read with a count of the source in the same snapshot."},
	OptionSpec{"work_mem", MemorySize, 64, 2'147'483'647, "", "",
			   "Memory for a sort or hash of the run before it goes to disk; empty means the server's setting."},
	OptionSpec{"zero_dates", Enumeration, 0, 0, "error|null", "error",
			   "What becomes of MySQL's dates that no calendar has, such as 0000-00-00: the run fails, or NULL."},
};

static_assert(std::is_sorted(kOptions.begin(), kOptions.end(),
							 [](const OptionSpec &a, const OptionSpec &b) { return a.key < b.key; }));

} // namespace

std::span<const OptionSpec>
AllOptions()
{
	return kOptions;
}

const OptionSpec *
FindOption(std::string_view key)
{
	const auto *const found =
		std::find_if(kOptions.begin(), kOptions.end(), [key](const OptionSpec &spec) { return spec.key == key; });
	return found == kOptions.end() ? nullptr : found;
}

} // namespace sluice
