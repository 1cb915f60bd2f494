#include "engine/source/quarantine.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "engine/source/wire_source.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

void
SetPositions(Batch *batch, int first, int64 position)
{
	for (int i = first; i < batch->count; ++i) {
		SetPosition(batch->slots[i], position++);
	}
}

void
AddRow(RowTexts *texts, const TupleTableSlot *row, TupleDesc row_type)
{
	for (int i = 0; i < row_type->natts; ++i) {
		if (!TupleDescAttr(row_type, i)->attisdropped) {
			AddValue(texts, TupleDescAttr(row_type, i), row->tts_values[i], row->tts_isnull[i]);
		}
	}
}

} // namespace

} // namespace leaf

bool
IsOfRow(const Error &error)
{
	std::string const state = SqlStateText(error.State());
	return state.starts_with("22") || state.starts_with("23");
}

bool
Quarantine::Fill(WireSource &source, Batch *batch)
{
	for (;;) {
		int const first = batch->count;
		int64_t const position = source.RowsRead() + 1;
		bool more = false;
		std::optional<Error> failure;
		if (source.MayGoOn()) {
			failure = pg::Subtransaction([&] { more = source.Fill(batch); });
		} else {
			more = source.Fill(batch);
		}
		pg::Call(leaf::SetPositions, batch, first, position);
		if (!failure) {
			return more || batch->count > 0;
		}
		BadRow bad;
		if (!IsOfRow(*failure) || !source.SkipBadRow(&bad)) {
			throw *failure;
		}
		Add(bad.position, bad.column, bad.texts, *failure);
		if (leaf::BatchIsFull(batch)) {
			return true;
		}
	}
}

namespace {

std::vector<int>
Numbers(const std::vector<std::string> &columns, TupleDesc row_type)
{
	std::vector<int> numbers;
	for (int i = 0; i < row_type->natts && !columns.empty(); ++i) {
		if (std::find(columns.begin(), columns.end(), NameStr(TupleDescAttr(row_type, i)->attname)) != columns.end()) {
			numbers.push_back(i);
		}
	}
	return numbers;
}

Error
Unwelcome(const std::string &column)
{
	ErrorInfo info;
	info.sqlstate = sqlstate::kUndefinedColumn;
	info.message = Format("column \"{}\" is new at the source, and the destination has no such column", column);
	info.hint =
		"Add it to the destination with ALTER TABLE ... ADD COLUMN, or with on_new_column => 'evolve', and then "
		"load these rows with replay_rejects, those of a merge with repair_pipeline; or leave the column out with "
		"exclude_columns or on_new_column => 'discard_value'.";
	info.column_name = column;
	return Error(std::move(info));
}

} // namespace

bool
Quarantine::Project(leaf::Projection **projection, const leaf::AnalyzedQuery *analyzed, List *target_list,
					TupleDesc source_row, Batch *in, Batch *out, int most)
{
	std::vector<int> const unwelcome = Numbers(unwelcome_, source_row);
	for (;;) {
		(*projection)->unwelcome = unwelcome.data();
		(*projection)->unwelcome_count = static_cast<int>(unwelcome.size());
		bool done = false;
		std::optional<Error> const failure =
			pg::Subtransaction([&] { done = pg::Call(leaf::Project, *projection, in, out, most); });
		const TupleTableSlot *const row = done ? nullptr : in->slots[(*projection)->position];
		if (!failure && (*projection)->met < 0) {
			return done;
		}
		if (!failure) {
			Reject(row, source_row, leaf::PositionOf(row),
				   Unwelcome(NameStr(TupleDescAttr(source_row, (*projection)->met)->attname)));
			++(*projection)->position;
			continue;
		}
		if (!IsOfRow(*failure)) {
			throw *failure;
		}
		int const column = leaf::ColumnUnderWay(*projection);
		ErrorInfo info = failure->Info();
		if (column >= 0) {
			info.column_name = NameStr(TupleDescAttr(out->row_type, column)->attname);
		}
		Reject(row, source_row, leaf::PositionOf(row), Error(info));
		*projection = pg::Call(leaf::GoOnBehindRow, *projection, analyzed, target_list, source_row, out->row_type);
	}
}

void
Quarantine::Reject(const TupleTableSlot *row, TupleDesc row_type, int64_t position, const Error &error)
{
	leaf::RowTexts *const texts = pg::Call(leaf::BeginTexts);
	// An output function may fail as well.
	if (pg::Subtransaction([&] { pg::Call(leaf::AddRow, texts, row, row_type); })) {
		texts->is_cut = true;
	}
	Add(position, error.Info().column_name, texts, error);
}

void
Quarantine::Add(int64_t position, const std::string &column, leaf::RowTexts *texts, const Error &error)
{
	const ErrorInfo &info = error.Info();
	RejectedRow row;
	row.at = pg::Now();
	row.position = position;
	row.column = column;
	row.sqlstate = info.sqlstate;
	row.message = CutMessage(Redact(info.message));
	row.detail = CutMessage(Redact(info.detail));
	row.hint = CutMessage(Redact(info.hint));
	row.row = pg::Call(leaf::EndTexts, texts);
	row.is_cut = texts->is_cut;
	for (int i = 0; i < list_length(texts->escaped); ++i) {
		row.escaped.emplace_back(static_cast<const char *>(list_nth(texts->escaped, i)));
	}
	pg::Call(pfree, static_cast<void *>(texts->json.data));
	journal_.Rejected().Add(std::move(row));
	++*count_;
	if (limit_.IsExceeded(journal_.Rejected().Count())) {
		RaiseTooMany();
	}
	if (journal_.Rejected().ShouldBeWritten()) {
		write_();
	}
}

void
Quarantine::End(int64_t rows_read) const
{
	if (limit_.IsExceededAtEnd(journal_.Rejected().Count(), rows_read)) {
		RaiseTooMany();
	}
}

void
Quarantine::RaiseTooMany() const
{
	throw Error(sqlstate::kProgramLimitExceeded,
				Format("{} rows do not fit into the destination, and the option max_rejects allows {}",
					   journal_.Rejected().Count(), limit_.Text()),
				"Look into rejected_rows for what is wrong with them: mend it, or let more of them be rejected with "
				"max_rejects.");
}

} // namespace sluice::engine
