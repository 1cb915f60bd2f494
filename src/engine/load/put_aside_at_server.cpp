// Rows that go to another server, which tells of those that do not fit when it is sent them.

#include "core/sqlstate.hpp"
#include "engine/load/aside_source.hpp"
#include "engine/load/fitting_rows.hpp"
#include "engine/load/load_steps.hpp"
#include "engine/load/loss_guard.hpp"
#include "engine/load/put_aside.hpp"
#include "engine/load/remote_rows.hpp"
#include "engine/load/repeated_rows.hpp"
#include "engine/source/wire_reader.hpp"

namespace sluice::engine {

namespace leaf {

namespace {

MemoryContext
MakeContext()
{
	return AllocSetContextCreate(CurrentMemoryContext, "pg_sluice rows that are sent", ALLOCSET_DEFAULT_SIZES);
}

// The first row with a NULL where there may be none, from that one on; -1: there is none.
int
FindNull(const Batch *batch, int from, const int *columns, int count, int *column)
{
	for (int i = from; i < batch->count; ++i) {
		for (int k = 0; k < count; ++k) {
			if (batch->slots[i]->tts_isnull[columns[k]]) {
				*column = columns[k];
				return i;
			}
		}
	}
	return -1;
}

} // namespace

} // namespace leaf

namespace {

// The commonest rule that a row breaks is not worth a search at the server.
class FilledColumns {
public:
	explicit FilledColumns(const RemoteDestination &remote) : remote_(remote)
	{
		const std::vector<RemoteColumn> &fed = remote.Shape().fed;
		for (size_t i = 0; remote.IsOneTable() && i < fed.size(); ++i) {
			if (fed[i].target.needs_value) {
				columns_.push_back(static_cast<int>(i));
			}
		}
	}

	void Check(Batch *batch, const FittingRows::Reject &reject) const
	{
		int column = 0;
		for (int row = 0;;) {
			row = pg::Call(leaf::FindNull, static_cast<const Batch *>(batch), row, columns_.data(),
						   static_cast<int>(columns_.size()), &column);
			if (row < 0) {
				return;
			}
			ErrorInfo info;
			info.sqlstate = sqlstate::kNotNullViolation;
			info.column_name = remote_.Shape().fed[static_cast<size_t>(column)].target.name;
			info.message = Format("null value in column \"{}\" of {} violates not-null constraint", info.column_name,
								  remote_.Label());
			reject(batch->slots[row], leaf::PositionOf(batch->slots[row]), Error(std::move(info)));
			pg::Call(leaf::TakeOutRow, batch, row);
		}
	}

private:
	const RemoteDestination &remote_;
	std::vector<int> columns_;
};

// All rows are sent as they come, in one COPY as without quarantine, and kept. Where the server refuses some, nothing
// of it stays, and parts of them are sent again.
class SentRows {
public:
	explicit SentRows(RemoteDestination &remote)
		: remote_(remote), kept_(remote.RowType()), first_(remote), memory_(pg::Call(leaf::MakeContext))
	{}

	void Begin()
	{
		remote_.BeginTrial();
		first_.Begin(remote_.Table(), remote_.Shape());
	}

	void Write(Batch *batch)
	{
		kept_.Keep(batch);
		if (!failure_) {
			Try([&] { first_.Write(batch); });
		}
	}

	// All are written.
	void Close()
	{
		if (!failure_) {
			Try([&] { taken_ = first_.End(); });
		}
		if (!failure_) {
			remote_.TakeRows();
		}
	}

	int64_t Count() const { return kept_.Count(); }
	// NULL: the server has taken as many as that.
	const std::optional<Error> &Failure() const { return failure_; }
	int64_t Taken() const { return taken_; }

	// As TriedInsert::Insert.
	int64_t Send(int64_t first, int64_t end, const std::vector<int64_t> &without)
	{
		pg::Call(MemoryContextReset, memory_);
		MemoryContext const outer = MemoryContextSwitchTo(memory_);
		RemoteRows rows(remote_);
		rows.Begin(remote_.Table(), remote_.Shape());
		MemoryContextSwitchTo(outer);
		kept_.Give(first, end, without, [&rows](Batch *batch) { rows.Write(batch); });
		return rows.End();
	}

	void Drop() { kept_.Drop(); }

private:
	void Try(const std::function<void()> &body)
	{
		failure_ = pg::Subtransaction(body);
		if (!failure_) {
			return;
		}
		if (!IsOfRow(*failure_)) {
			throw *failure_;
		}
		remote_.RefuseRows();
	}

	RemoteDestination &remote_;
	RepeatedRows kept_;
	RemoteRows first_;
	MemoryContext memory_; // of what one COPY takes
	std::optional<Error> failure_;
	int64_t taken_ = 0;
};

} // namespace

LoadOutcome
SendPuttingAside(const LoadRequest &request)
{
	RemoteDestination &remote = *request.destination.remote;
	AsideSource source(request);
	std::optional<ColumnMatch> match;
	if (source.IsScanned()) {
		match.emplace(remote.Match(source.Query()));
	}
	WireReader reader(source.Rows(), source.Query().Analyzed(), match ? match->target_list : request.match.target_list,
					  remote.RowType());
	reader.Recognize(KnownOf(request));
	reader.PutAside(request.quarantine);
	// What fails is to be the row's statement.
	remote.Exec("SET CONSTRAINTS ALL IMMEDIATE");
	remote.UsePath(SessionPath::Own);
	remote.DeleteOldRows(request.destination.mode);
	FilledColumns const filled(remote);
	SpooledRows originals(source.Rows().RowType());
	SentRows rows(remote);
	int64_t const before = request.journal.Rejected().Count();
	rows.Begin();
	Stage(request, reader, [&](Batch *batch) {
		filled.Check(batch, [&reader](const TupleTableSlot *row, int64_t position, const Error &error) {
			reader.Reject(row, position, error);
		});
		originals.Keep(batch, reader.Origins());
		rows.Write(batch);
	});
	source.Finish();
	rows.Close();
	if (rows.Count() == 0 && request.plan.refuses_empty && remote.HasDeleted()) {
		RefuseEmpty(request.destination.name);
	}
	LoadCounts counts{rows.Taken()};
	int64_t const unfit = request.journal.Rejected().Count();
	if (rows.Failure()) {
		request.journal.Info("the server has refused some of the rows: they are looked for");
		counts.inserted = InsertTrying(
			request, originals, rows.Count(), [&remote](const std::function<void()> &body) { return remote.Try(body); },
			[&rows](int64_t first, int64_t end, const std::vector<int64_t> &without) {
				return rows.Send(first, end, without);
			},
			rows.Failure());
	}
	request.quarantine->End(reader.RowsRead());
	int64_t const sent = rows.Count() - (request.journal.Rejected().Count() - unfit);
	if (counts.inserted != sent) {
		request.journal.Warning(
			Format("{} rows were sent and {} taken: triggers there dropped the others", sent, counts.inserted));
	}
	remote.UsePath(SessionPath::Empty);
	counts.rejected = request.journal.Rejected().Count() - before;
	request.progress.Counters().records_processed += counts.Processed();
	originals.Drop();
	rows.Drop();
	return {counts};
}

} // namespace sluice::engine
