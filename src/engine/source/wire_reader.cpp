#include "engine/source/wire_reader.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

WireReader::WireReader(WireSource &source)
	: source_(source), in_(pg::Call(leaf::CreateBatch, source.RowType())), used_(source.Readable())
{}

WireReader::WireReader(WireSource &source, const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type)
	: source_(source), analyzed_(analyzed), target_list_(target_list)
{
	TupleDesc const source_row = source.RowType();
	if (pg::Call(leaf::IsIdentity, analyzed, target_list, source_row, row_type)) {
		// The same bytes under the destination's names and types.
		in_ = pg::Call(leaf::CreateBatch, row_type);
	} else {
		in_ = pg::Call(leaf::CreateBatch, source_row);
		out_ = pg::Call(leaf::CreateBatch, row_type);
		projection_ = pg::Call(leaf::CreateProjection, analyzed, target_list, source_row, out_->row_type);
	}
	std::vector<char> used(source_row->natts + 1);
	pg::Call(leaf::FindUsedColumns, analyzed, source_row, reinterpret_cast<bool *>(used.data()));
	used.pop_back();
	used_.assign(used.begin(), used.end());
}

void
WireReader::Recognize(KnownRows *known)
{
	known_ = known;
	if (known_ != nullptr) {
		known_->BeginAt(0, source_.RowType());
		used_ = source_.Readable();
	}
}

void
WireReader::PutAside(Quarantine *quarantine)
{
	quarantine_ = quarantine;
	if (quarantine_ != nullptr) {
		used_.assign(used_.size(), true);
	}
}

void
WireReader::Start()
{
	started_ = true;
	source_.Start(used_);
}

void
WireReader::Restart()
{
	more_ = true;
	pending_ = false;
	Start();
}

// False at the end of the source.
bool
WireReader::Refill()
{
	if (!started_) {
		Start();
	}
	do {
		if (!more_) {
			return false;
		}
		pg::Call(leaf::ResetBatch, in_);
		more_ = quarantine_ != nullptr ? quarantine_->Fill(source_, in_) : source_.Fill(in_);
		if (known_ != nullptr) {
			known_->Sift(in_);
		}
	} while (in_->count == 0);
	return true;
}

bool
WireReader::Project(int most)
{
	if (quarantine_ != nullptr) {
		return quarantine_->Project(&projection_, analyzed_, target_list_, source_.RowType(), in_, out_, most);
	}
	return pg::Call(leaf::Project, projection_, in_, out_, most);
}

void
WireReader::Reject(const TupleTableSlot *row, int64_t position, const Error &error)
{
	if (projection_ != nullptr) {
		int i = 0;
		while (leaf::PositionOf(in_->slots[i]) != position) {
			++i;
		}
		row = in_->slots[i];
	}
	quarantine_->Reject(row, source_.RowType(), position, error);
}

Batch *
WireReader::Next()
{
	if (projection_ == nullptr) {
		return Refill() ? in_ : nullptr;
	}
	pg::Call(leaf::ResetBatch, out_);
	int const most = static_cast<int>(std::min<int64_t>(wanted_, kBatchRows));
	for (;;) {
		if (most == 0 || (!pending_ && !Refill())) {
			return nullptr;
		}
		pending_ = !Project(most);
		if (out_->count > 0) {
			wanted_ -= out_->count;
			return out_;
		}
	}
}

void
WireReader::Finish()
{
	Stop();
	source_.Finish();
}

void
WireReader::Stop()
{
	if (projection_ != nullptr) {
		pg::Call(leaf::EndProjection, projection_);
		projection_ = nullptr;
	}
}

} // namespace sluice::engine
