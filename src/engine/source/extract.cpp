#include "engine/source/extract.hpp"

#include <numeric>

#include "engine/source/executor_reader.hpp"
#include "engine/source/sifted_reader.hpp"
#include "engine/source/wire_reader.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

// Rows of the query that were made of rows read before it.
class ReshapedReader final : public RowReader {
public:
	ReshapedReader(std::unique_ptr<ExecutorReader> reader, int64_t rows_read, int64_t bytes_read)
		: reader_(std::move(reader)), rows_read_(rows_read), bytes_read_(bytes_read)
	{}
	Batch *Next() override { return reader_->Next(); }
	void Finish() override { reader_->Finish(); }
	void Stop() override { reader_->Stop(); }
	int64_t RowsRead() const override { return rows_read_; }
	int64_t BytesRead() const override { return bytes_read_; }
	int64_t RowsExpected() const override { return rows_read_; }

private:
	std::unique_ptr<ExecutorReader> reader_;
	int64_t rows_read_;
	int64_t bytes_read_;
};

} // namespace

Extract::Extract(RunInput &input, const MappedQuery &query)
	: input_(input), query_(query), store_(pg::Call(leaf::CreatedRowType, query.Analyzed()))
{}

List *
Extract::ListOf(const MappedQuery &query) const
{
	std::vector<int> source_of(store_.RowType()->natts);
	std::iota(source_of.begin(), source_of.end(), 0);
	return pg::Call(leaf::BuildTargetListFor, query.Analyzed(), store_.RowType(),
					static_cast<const int *>(source_of.data()));
}

std::unique_ptr<RowReader>
Extract::OpenExecutor(CursorRead *cursor, int64_t most, RunJournal &journal)
{
	KnownRows *const known = cursor != nullptr ? cursor->Known() : nullptr;
	TupleDesc const row_type = store_.RowType();
	if (known == nullptr) {
		return std::make_unique<ExecutorReader>(query_.Analyzed(), ListOf(query_), row_type, input_.Fetch(), journal,
												leaf::ScanScope{most, nullptr, nullptr});
	}
	MappingInput mapping = input_.Mapping();
	mapping.columns = mapping.columns.value_or("source.*") + cursor->HiddenColumns();
	MappedQuery const wide(mapping);
	List *const list = pg::Call(leaf::WithColumnsFrom, ListOf(wide), wide.Analyzed(), query_.ColumnCount());
	return std::make_unique<SiftedReader>(
		std::make_unique<ExecutorReader>(wide.Analyzed(), list, nullptr, input_.Fetch(), journal), *known,
		row_type->natts, row_type);
}

std::unique_ptr<RowReader>
Extract::OpenSource(CursorRead *cursor, int64_t most, RunJournal &journal, const Tell &tell)
{
	WireSource *const wire = input_.Wire();
	if (wire == nullptr) {
		return OpenExecutor(cursor, most, journal);
	}
	KnownRows *const known = cursor != nullptr ? cursor->Known() : nullptr;
	if (query_.NeedsSql().empty()) {
		// Each row of the source is one that is kept.
		if (most > 0 && known == nullptr && query_.Analyzed()->query->jointree->quals == nullptr) {
			wire->LimitTo(most);
		}
		auto reader = std::make_unique<WireReader>(*wire, query_.Analyzed(), ListOf(query_), store_.RowType());
		reader->Recognize(known);
		return reader;
	}
	raw_.emplace(wire->RowType());
	WireReader reader(*wire);
	reader.Recognize(known);
	while (const Batch *batch = reader.Next()) {
		raw_->Keep(batch);
		tell(reader.RowsRead(), reader.BytesRead());
	}
	rows_read_ = reader.RowsRead();
	bytes_read_ = reader.BytesRead();
	reader.Finish();
	over_raw_.emplace(input_.StagedMapping(query_));
	return std::make_unique<ExecutorReader>(over_raw_->Analyzed(), ListOf(*over_raw_), store_.RowType(), input_.Fetch(),
											journal, raw_->Scope(most));
}

void
Extract::Read(CursorRead *cursor, int64_t most, RunJournal &journal, const Tell &tell)
{
	std::unique_ptr<RowReader> const reader = OpenSource(cursor, most, journal, tell);
	bool const from_raw = raw_.has_value();
	while (const Batch *batch = reader->Next()) {
		store_.Keep(batch);
		if (!from_raw) {
			rows_read_ = reader->RowsRead();
			bytes_read_ = reader->BytesRead();
		}
		tell(rows_read_, bytes_read_);
		if (most > 0 && store_.Rows() >= most) {
			cut_ = true;
			break;
		}
	}
	if (!from_raw) {
		rows_read_ = reader->RowsRead();
		bytes_read_ = reader->BytesRead();
	}
	if (cut_) {
		reader->Stop();
	} else {
		reader->Finish();
	}
	if (from_raw) {
		raw_->Drop();
		raw_.reset();
	}
	met_ = cursor != nullptr && cursor->Known() != nullptr ? cursor->Known()->Met() : 0;
	tell(rows_read_, bytes_read_);
}

std::unique_ptr<RowReader>
Extract::Open(const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type, RunJournal &journal) const
{
	return std::make_unique<ReshapedReader>(
		std::make_unique<ExecutorReader>(analyzed, target_list, row_type, input_.Fetch(), journal, store_.Scope(0)),
		rows_read_, bytes_read_);
}

void
CheckReshaped(const MappedQuery &reshaped, TupleDesc source_row, leaf::FetchSize fetch)
{
	RunJournal unsaid(pg::Now);
	RowStore none(source_row);
	ExecutorReader reader(reshaped.Analyzed(), pg::Call(leaf::OwnTargetList, reshaped.Analyzed()), nullptr, fetch,
						  unsaid, none.Scope(0));
	reader.Finish();
	none.Drop();
}

} // namespace sluice::engine
