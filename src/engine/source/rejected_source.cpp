#include "engine/source/rejected_source.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

bool
IsZeroDate(Oid type, const char *text)
{
	return (type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID) && strlen(text) >= 10 &&
		   (strncmp(text, "0000-", 5) == 0 || strncmp(text + 5, "00-", 3) == 0 || strncmp(text + 8, "00", 2) == 0);
}

void
AddTextRow(TupleDesc row_type, const char *const *texts, bool null_zero_dates, int *attribute, Batch *batch)
{
	MemoryContext const old = MemoryContextSwitchTo(batch->memory);
	TupleTableSlot *slot = batch->slots[batch->count];
	ExecClearTuple(slot);
	for (int i = 0; i < row_type->natts; ++i) {
		*attribute = i;
		Form_pg_attribute const column = TupleDescAttr(row_type, i);
		const char *const text =
			texts[i] != nullptr && null_zero_dates && IsZeroDate(column->atttypid, texts[i]) ? nullptr : texts[i];
		slot->tts_isnull[i] = text == nullptr;
		slot->tts_values[i] = 0;
		if (text != nullptr) {
			Oid function;
			Oid parameter;
			getTypeInputInfo(column->atttypid, &function, &parameter);
			slot->tts_values[i] = OidInputFunctionCall(function, pstrdup(text), parameter, column->atttypmod);
			batch->bytes += static_cast<int64>(strlen(text));
		}
	}
	*attribute = -1;
	ExecStoreVirtualTuple(slot);
	batch->count++;
	MemoryContextSwitchTo(old);
}

// The object is written again as it stands, but for the brace that ends it.
void
AddObject(RowTexts *texts, const char *json)
{
	resetStringInfo(&texts->json);
	appendBinaryStringInfo(&texts->json, json, static_cast<int>(strlen(json)) - 1);
}

void
AddEscaped(RowTexts *texts, const char *column)
{
	texts->escaped = lappend(texts->escaped, pstrdup(column));
}

} // namespace

} // namespace leaf

RejectedSource::RejectedSource(const WireSource &like, std::string pipeline_id, std::string run_id,
							   bool null_zero_dates)
	: like_(like), pipeline_id_(std::move(pipeline_id)), run_id_(std::move(run_id)), null_zero_dates_(null_zero_dates)
{}

bool
RejectedSource::NextPage()
{
	std::vector<std::string> columns;
	TupleDesc const row_type = RowType();
	for (int i = 0; i < row_type->natts; ++i) {
		columns.emplace_back(NameStr(TupleDescAttr(row_type, i)->attname));
	}
	page_ = catalog::KeptRows(pipeline_id_, run_id_, page_.empty() ? std::string() : page_.back().id, columns);
	next_ = 0;
	over_ = page_.empty();
	return !over_;
}

bool
RejectedSource::Fill(Batch *batch)
{
	std::vector<const char *> texts(static_cast<size_t>(RowType()->natts) + 1);
	while (!leaf::BatchIsFull(batch)) {
		if (next_ == page_.size() && (over_ || !NextPage())) {
			break;
		}
		const catalog::KeptRow &row = page_[next_];
		if (!row.escaped.empty()) {
			// What stands there is not what came.
			attribute_ = 0;
			throw Error(SqlStateFromText(row.sqlstate), row.reason);
		}
		for (size_t i = 0; i < row.values.size(); ++i) {
			texts[i] = row.values[i] ? row.values[i]->c_str() : nullptr;
		}
		int64_t const before = batch->bytes;
		pg::Call(leaf::AddTextRow, RowType(), static_cast<const char *const *>(texts.data()), null_zero_dates_,
				 &attribute_, batch);
		bytes_ += batch->bytes - before;
		++next_;
		++rows_;
	}
	return batch->count > 0;
}

bool
RejectedSource::SkipBadRow(BadRow *bad)
{
	if (attribute_ < 0) {
		return false;
	}
	const catalog::KeptRow &row = page_[next_];
	bad->position = rows_ + 1;
	bad->column = row.escaped.empty() ? NameStr(TupleDescAttr(RowType(), attribute_)->attname) : row.escaped.front();
	bad->texts = pg::Call(leaf::BeginTexts);
	pg::Call(leaf::AddObject, bad->texts, row.original.c_str());
	for (const std::string &column : row.escaped) {
		pg::Call(leaf::AddEscaped, bad->texts, column.c_str());
	}
	attribute_ = -1;
	++next_;
	++rows_;
	return true;
}

} // namespace sluice::engine
