#include "engine/source/cursor_read.hpp"

#include <algorithm>

#include "core/late_xids.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/cursor_value.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

CursorRead::CursorRead(const catalog::Pipeline &pipeline, const OptionValues &options, RunInput &input, bool by_key,
					   std::optional<catalog::CursorSlice> slice)
	: pipeline_(pipeline), input_(input), by_key_(by_key), slice_(std::move(slice)),
	  nulls_(options.Text("on_null_cursor")), lag_(Format("{}.{:06}", options.DurationMicroseconds("lag") / 1'000'000,
														  options.DurationMicroseconds("lag") % 1'000'000)),
	  auto_late_(options.Text("late_rows") == "auto"), late_by_xmin_(options.Text("late_rows") == "xmin"),
	  commit_every_(options.Integer("commit_every")), state_(catalog::FindWatermark(pipeline.id))
{}

void
CursorRead::TakeAll(RunJournal &journal)
{
	if (std::exchange(commit_every_, 0) > 0) {
		journal.Info("commit_every is left aside, because the run has but the caller's transaction");
	}
}

// Where this chunk ends, if more follows: at a value, with all rows that have it. The next chunk then goes on as the
// next run would, which knows rows at the watermark by their keys or by hashes, of so many at most. Nothing where rows
// beyond would be held back anyway.
std::optional<std::string>
CursorRead::ChunkEnd(const std::optional<std::string> &greatest, const std::optional<std::string> &loaded) const
{
	if (commit_every_ == 0 || !greatest) {
		return std::nullopt;
	}
	CursorPart const part{loaded, commit_every_, by_key_ ? 0 : static_cast<int64_t>(KnownRows::kMostRows)};
	std::optional<std::string> const end = source_->PartEnd(part);
	// A reader may lose digits of a literal: each chunk comes further than the one before, or is the last.
	bool const is_last = !end || !IsGreater(*greatest, *end) || (bound_ && IsGreater(*end, *bound_)) ||
						 (loaded && !IsGreater(*end, *loaded));
	return is_last ? std::nullopt : end;
}

std::string
CursorRead::Less(const std::string &value) const
{
	return CursorLess(Column(), value, lag_);
}

bool
CursorRead::IsGreater(const std::string &left, const std::string &right) const
{
	return engine::IsGreater(*Column().type, left, right);
}

void
CursorRead::Read(const CursorRange &range)
{
	range_ = range;
	source_->ReadRange(range);
}

void
CursorRead::CheckWatermark() const
{
	std::optional<Error> const failure = pg::Subtransaction([&] { (void)IsGreater(*state_.value, *state_.value); });
	if (failure) {
		throw Error(failure->State(),
					Format("the watermark \"{}\" is no value of cursor column \"{}\", which is a {}", *state_.value,
						   Column().name, Column().type->name),
					"Give another one with set_watermark, or read everything again after reset_watermark.",
					Redact(failure->what()));
	}
}

// Before the first look at the rows.
void
CursorRead::AskLate(RunJournal &journal)
{
	if (!auto_late_) {
		return;
	}
	bool const is_time = Column().type->kind == CursorType::Kind::Date || Column().type->kind == CursorType::Kind::Time;
	OpenTransactions open;
	if (is_time) {
		open = input_.Open();
	} else {
		open.why_not = Format("cursor column \"{}\" is no date or time", Column().name);
	}
	if (open.why_not.empty()) {
		bound_ = LeastNow(open, *Column().type);
		bound_is_open_ = open.any;
		return;
	}
	if (lag_ == kNoLag) {
		journal.Warning(Format("late rows: there is no lag, and which transactions are open at the source is not "
							   "known, so rows may be missed: {}",
							   open.why_not));
	} else {
		journal.Info(Format("late rows: only the lag counts, because which transactions are open at the source is not "
							"known: {}",
							open.why_not));
	}
}

// What is read beyond the bound is read again by the next run, which knows it.
void
CursorRead::HoldBack(RunJournal &journal)
{
	if (!bound_ || !after_) {
		return;
	}
	if (!IsGreater(*after_, *bound_)) {
		journal.Info(Format("late rows: no transaction that is open at the source began before {}", *after_));
		return;
	}
	after_ = state_.value && IsGreater(*state_.value, *bound_) ? state_.value : bound_;
	journal.Info(Format("late rows: the watermark does not pass {}, {}; rows from there on are read again", *bound_,
						bound_is_open_ ? "because a transaction has been open at the source since then"
									   : "when the source was asked which transactions are open"));
}

void
CursorRead::TakeSnapshot()
{
	snapshot_ = input_.Snapshot();
	if (!snapshot_->why_not.empty()) {
		throw Error(sqlstate::kFeatureNotSupported,
					Format("rows that come late cannot be found by their xmin: {}", snapshot_->why_not),
					"Set the option late_rows to auto or lag; or read a table of a PostgreSQL, over a server of "
					"postgres_fdw or in this database.");
	}
}

// Rows behind the watermark that the snapshot of the last run did not show.
void
CursorRead::FindLate(CursorRange *range, RunJournal &journal) const
{
	if (!snapshot_ || !state_.value) {
		return;
	}
	std::optional<SourceSnapshot> const last = state_.rows ? StoredSnapshot(*state_.rows) : std::nullopt;
	if (!last) {
		journal.Info("late rows: the last run did not remember what it saw at the source: what was late then is not "
					 "found, what is late from now on is found by its xmin");
		return;
	}
	LateRows const late = WhichAreLate(static_cast<uint64_t>(last->xmin), static_cast<uint64_t>(snapshot_->xmin),
									   static_cast<uint64_t>(snapshot_->xmax));
	std::string why;
	if (last->cluster != snapshot_->cluster && !last->cluster.empty() && !snapshot_->cluster.empty()) {
		why = "the source is another cluster, was restored, or a standby took its place";
	} else if (late == LateRows::WentBack) {
		why = "the source's transactions count less than at the last run: it is another cluster, or was restored";
	} else if (late == LateRows::Wrapped) {
		why = "more transactions have been at the source since the last run than xmin can tell apart";
	}
	if (!why.empty()) {
		range->from.reset();
		journal.Warning(Format("late rows: everything is read again, because {}", why));
		return;
	}
	range->also = SinceSnapshot(*last);
	journal.Info(
		Format("late rows: rows behind the watermark are read again where a transaction from {} on wrote them, "
			   "for which the source reads all of its rows",
			   last->xmin));
}

std::optional<CursorRead::Doubt>
CursorRead::MayMiss() const
{
	if (lag_ != kNoLag || late_by_xmin_) {
		return std::nullopt;
	}
	if (bound_) {
		return Doubt{"rows that come late are missed where now() of a transaction at the source has not set their "
					 "cursor: where it is an application's clock, or that of another server whose rows are replicated, "
					 "or before PREPARE TRANSACTION",
					 "Where there are such rows, set the option lag to how late they may come."};
	}
	if (auto_late_) {
		return std::nullopt; // each run warns
	}
	return Doubt{"rows are missed that are committed after others with a greater value of the cursor were read",
				 "Set the option late_rows to auto, or lag to how late they may come."};
}

// As the type writes it.
std::string
CursorRead::SliceBound(const std::string &text) const
{
	std::string value;
	std::optional<Error> const failure = pg::Subtransaction(
		[&] { value = pg::Sql(Format("SELECT $1::{}::text", Column().type->name), {text}, Alone()).Text(0, 0); });
	if (failure) {
		throw Error(
			failure->State(),
			Format("\"{}\", where a slice of the backfill ends, is no value of cursor column \"{}\", which is a "
				   "{}",
				   text, Column().name, Column().type->name),
			"Backfill it with a range and a slice of that type: numbers, or times and an interval.",
			Redact(failure->what()));
	}
	return value;
}

void
CursorRead::BeginSlice(RunJournal &journal)
{
	CursorRange range;
	range.from = SliceBound(slice_->from);
	range.to = SliceBound(slice_->to);
	range.with_to = false;
	if (!by_key_) {
		if (state_.value) {
			CheckWatermark();
		}
		if (!state_.value || IsGreater(*range.to, Less(*state_.value))) {
			throw Error(sqlstate::kObjectNotInPrerequisiteState,
						Format("the slice ends at {}, and the next run, which reads from {} on, would append its rows "
							   "again",
							   *range.to, state_.value ? Less(*state_.value) : "the first row"),
						catalog::kBackfillEndHint);
		}
	}
	Read(range);
	journal.Info(Format("cursor: rows with {} from {} to before {} are read, a slice of a backfill",
						pg::QuoteIdentifier(Column().name), *range.from, *range.to));
}

void
CursorRead::BeginAll(RunJournal &journal)
{
	CursorRange range;
	range.to = source_->Greatest();
	range.nulls = nulls_ != "exclude";
	Read(range);
	journal.Info(Format("cursor: all rows are read{}", range.nulls ? "" : " that have a value of it"));
}

void
CursorRead::Begin(RunJournal &journal)
{
	source_.emplace(*pipeline_.cursor_column, input_);
	if (slice_) {
		BeginSlice(journal);
		return;
	}
	if (reads_all_) {
		BeginAll(journal);
		return;
	}
	AskLate(journal);
	if (late_by_xmin_) {
		TakeSnapshot();
	}
	if (nulls_ == "error" && source_->HasNull()) {
		throw Error(sqlstate::kNotNullViolation, Format("cursor column \"{}\" has rows without a value", Column().name),
					"Set the option on_null_cursor to exclude, and they are never read, or to include, and they are "
					"read by each "
					"run.");
	}
	if (state_.value) {
		CheckWatermark();
	}
	std::optional<std::string> const greatest = source_->Greatest();
	if (greatest && IsEndless(*greatest)) {
		throw Error(sqlstate::kDataException,
					Format("the greatest value of cursor column \"{}\" is {}: nothing could ever come behind it",
						   Column().name, *greatest),
					"Leave such rows out in source_query, or take another cursor.");
	}
	bool const behind = state_.value && greatest && IsGreater(*state_.value, *greatest);
	std::optional<std::string> loaded_before = state_.rows ? KnownRows::LoadedTo(*state_.rows) : std::nullopt;
	if (!loaded_before || (state_.value && IsGreater(*state_.value, *loaded_before))) {
		loaded_before = state_.value;
	}
	std::optional<std::string> to = state_.value && (!greatest || behind) ? state_.value : greatest;
	if (std::optional<std::string> const end = ChunkEnd(greatest, loaded_before)) {
		to = end;
		leaves_rows_ = true;
	}
	after_ = to;
	loaded_to_ = loaded_before && (!to || IsGreater(*loaded_before, *to)) ? loaded_before : to;
	HoldBack(journal);

	std::optional<KnownRows::Stored> stored;
	if (!by_key_ && state_.rows) {
		stored = KnownRows::Read(*state_.rows);
	}
	bool const comparable =
		stored && std::all_of(stored->columns.begin(), stored->columns.end(), [&](const std::string &column) {
			return std::find(source_->Described().begin(), source_->Described().end(), column) !=
				   source_->Described().end();
		});
	bool const forgotten = !by_key_ && (state_.value || state_.rows) && !comparable;
	CursorRange range;
	range.nulls = nulls_ == "include";
	range.to = to;
	if (state_.value) {
		range.from = forgotten ? *state_.value : Less(*state_.value);
		// Rows before that were not remembered.
		if (comparable && IsGreater(stored->from, *range.from)) {
			range.from = stored->from;
		}
	}
	FindLate(&range, journal);
	reads_ = range.nulls || (greatest && !(behind && range.from && IsGreater(*range.from, *greatest)));
	if (!by_key_) {
		std::optional<std::string> kept_from = after_ ? std::optional(Less(*after_)) : std::nullopt;
		if (range.from && !IsGreater(*kept_from, *range.from)) {
			kept_from = range.from;
		}
		known_.emplace(Column(), source_->Described(), source_->Position(), comparable ? stored : std::nullopt,
					   loaded_before, kept_from, range.nulls);
		if (forgotten) {
			// They are read all the same: the next run is to know them.
			known_->TakeForLoaded();
		}
	}
	Read(range);
	Tell(greatest, forgotten, journal);
	if (known_ && stored && !stored->nulls.empty() && !range.nulls && stored->columns != source_->Described()) {
		journal.Warning(
			Format("rows without a value of {} that were loaded are not known any more, because the source's "
				   "columns have changed: they come again where on_null_cursor is include once more",
				   pg::QuoteIdentifier(Column().name)));
	}
}

void
CursorRead::Tell(const std::optional<std::string> &greatest, bool forgotten, RunJournal &journal)
{
	std::string const column = pg::QuoteIdentifier(Column().name);
	std::string const nulls = range_.nulls ? ", and rows without a value" : "";
	if (state_.value && greatest && IsGreater(*state_.value, *greatest)) {
		journal.Warning(
			Format("the greatest value of cursor column {} is {}, which is before the watermark {}: the source's "
				   "clock or its column went backwards. Rows that come before the watermark are not read; "
				   "set_watermark moves it back",
				   column, *greatest, *state_.value));
	}
	if (forgotten && (state_.value || range_.nulls)) {
		std::string const which = state_.value ? Format("at the watermark {} of {}{}", *state_.value, column,
														range_.nulls ? ", or without a value," : "")
											   : Format("without a value of {}", column);
		journal.Warning(
			Format("rows {} that have come since the last run are not loaded, because it did not remember which were "
				   "there: another load or another reader left it, or the source's columns have changed",
				   which));
	}
	if (!range_.to) {
		journal.Info(Format("cursor: no row has a value of {} yet{}", column, nulls));
		return;
	}
	std::string const end = leaves_rows_ ? Format("a chunk; the greatest at the source is {}", *greatest)
										 : std::string("the greatest at the source");
	if (!range_.from) {
		journal.Info(Format("cursor: rows with {} up to {} ({}) are read{}{}", column, *range_.to, end, nulls,
							state_.value ? "" : ", because there is no watermark yet"));
		return;
	}
	bool const behind = greatest && IsGreater(*state_.value, *greatest);
	journal.Info(
		Format("cursor: rows with {} from {} ({}){} are read{}; {}", column, *range_.from,
			   forgotten || lag_ == kNoLag ? "the watermark" : Format("the watermark {} less the lag", *state_.value),
			   greatest && !behind ? Format(" to {} ({})", *range_.to, end) : " on", nulls,
			   by_key_	   ? "those that are loaded already are found by their keys"
			   : forgotten ? "those at the watermark are taken for loaded"
						   : "those that are loaded already are recognized by their columns"));
}

void
CursorRead::BeforeAnalysis(RunJournal &journal)
{
	if (input_.Wire() == nullptr) {
		Begin(journal);
	}
}

void
CursorRead::AfterFilter(const MappedQuery &query, RunJournal &journal)
{
	if (!query.GivesRowForRow()) {
		throw Error(sqlstate::kFeatureNotSupported,
					"columns of a pipeline with a cursor give one row for each row of the source",
					"Aggregates, DISTINCT and functions that return sets belong into source_query; or leave "
					"cursor_column out.");
	}
	if (input_.Wire() != nullptr) {
		Begin(journal);
	}
}

void
CursorRead::End(int64_t rows_read, catalog::RunCounters *counters, RunJournal &journal) const
{
	counters->by_cursor = true;
	if (slice_ || reads_all_) {
		journal.Info(Format("cursor: {} rows read; the watermark stays where it is", rows_read));
		return;
	}
	counters->watermark_before = state_.value;
	counters->watermark_after = after_;
	counters->watermark_move.reset();
	std::optional<std::string> rows = state_.rows;
	std::optional<std::string> const beyond =
		loaded_to_ && (!after_ || IsGreater(*loaded_to_, *after_)) ? loaded_to_ : std::nullopt;
	if (by_key_) {
		rows = beyond ? std::optional(KnownRows::WriteLoadedTo(*beyond)) : std::nullopt;
		if (snapshot_) {
			rows = StoreSnapshot(rows, *snapshot_);
		}
	} else if (reads_ || rows_read > 0) {
		rows = KnownRows::Write(known_->Kept(beyond));
	}
	bool const moves = after_ != state_.value;
	if (moves || rows != state_.rows) {
		counters->watermark_move = catalog::WatermarkMove{rows, state_.fingerprint};
	}
	journal.Info(Format("cursor: {} rows read{}; the watermark {}", rows_read,
						known_ && known_->Met() > 0 ? Format(", {} of them were loaded before", known_->Met()) : "",
						!after_			? "is not set yet"
						: !moves		? "stays at " + *after_
						: !state_.value ? "is " + *after_
										: Format("moves from {} to {}", *state_.value, *after_)));
}

} // namespace sluice::engine
