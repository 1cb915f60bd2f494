#include "engine/load/put_aside.hpp"

#include "engine/load/aside_source.hpp"
#include "engine/load/fitting_rows.hpp"
#include "engine/load/load_steps.hpp"
#include "engine/load/row_balance.hpp"
#include "engine/load/workplace.hpp"
#include "engine/source/wire_reader.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// What a check says of a staged row it means of one of the destination.
Error
OfDestination(const Error &error, Relation staging, const Destination &destination, bool walks)
{
	ErrorInfo info = error.Info();
	std::string const staged = Format("\"{}\"", RelationGetRelationName(staging));
	if (size_t const place = info.message.find(staged); place != std::string::npos) {
		info.message.replace(place, staged.size(), Format("\"{}\"", pg::Call(get_rel_name, destination.oid)));
	}
	// Behind its columns is where it would be put, which is not known yet.
	constexpr std::string_view kNoPlace = ", null, null).";
	if (walks && info.detail.ends_with(kNoPlace)) {
		info.detail.replace(info.detail.size() - kNoPlace.size(), kNoPlace.size(), ").");
	}
	return Error(std::move(info));
}

} // namespace

int64_t
InsertTrying(const LoadRequest &request, SpooledRows &originals, int64_t rows, const TriedInsert::Within &within,
			 const TriedInsert::Insert &insert, const std::optional<Error> &failure)
{
	TriedInsert tried(
		within, insert,
		[&](int64_t row, const Error &error) {
			const TupleTableSlot *const original = originals.Find(row);
			request.quarantine->Reject(original, originals.RowType(), originals.Position(), error);
		},
		[&request](int64_t more) { return request.quarantine->IsTooMany(more); });
	return tried.Run(rows, failure);
}

LoadOutcome
MergePuttingAside(const LoadRequest &request)
{
	std::unique_ptr<Load> const load = MakeLoad(OrderOf(request), std::nullopt);
	load->Open();
	Relation const staging = load->Place()->Staging();
	AsideSource source(request);
	MappedQuery const query = source.StagedQuery(CursorOf(request));
	ColumnMatch const match = MatchColumns(query, staging, nullptr);
	WireReader reader(source.Rows(), query.Analyzed(), match.target_list, RelationGetDescr(staging));
	reader.PutAside(request.quarantine);
	auto const reject = [&](const TupleTableSlot *row, int64_t position, const Error &error) {
		reader.Reject(row, position, OfDestination(error, staging, request.destination, request.plan.walks));
	};
	FittingRows fitting(staging, request.destination);
	int64_t given = 0;
	int64_t const before = request.journal.Rejected().Count();
	Stage(request, reader, [&](Batch *batch) {
		fitting.Check(batch, reject);
		given += batch->count;
		load->Write(batch);
	});
	fitting.Close();
	request.quarantine->End(reader.RowsRead());
	LoadCounts counts = load->Finish();
	if (!MayMultiply(request.plan)) {
		RequireAllCounted(given, counts, true);
	}
	counts.rejected = request.journal.Rejected().Count() - before;
	request.progress.Counters().records_processed += counts.Processed();
	return {counts};
}

LoadOutcome
AppendPuttingAside(const LoadRequest &request)
{
	Destination &destination = request.destination;
	AsideSource source(request);
	std::optional<ColumnMatch> match;
	if (source.IsScanned()) {
		match.emplace(MatchColumns(source.Query(), destination.relation, nullptr));
	}
	WireReader reader(source.Rows(), source.Query().Analyzed(), match ? match->target_list : request.match.target_list,
					  RelationGetDescr(destination.relation));
	reader.Recognize(KnownOf(request));
	reader.PutAside(request.quarantine);
	auto const reject = [&reader](const TupleTableSlot *row, int64_t position, const Error &error) {
		reader.Reject(row, position, error);
	};
	FittingRows fitting(destination.relation, destination);
	std::unique_ptr<Load> const load = MakeLoad(OrderOf(request), std::nullopt);
	load->Open();
	reader.Start();
	request.progress.Expect(reader.RowsExpected());
	request.sequences.Watch();
	int64_t const before = request.journal.Rejected().Count();
	int64_t given = 0;
	while (Batch *batch = reader.Next()) {
		fitting.Check(batch, reject);
		request.sequences.See(batch);
		load->Write(batch);
		int const conflicts = fitting.RejectConflicts(batch, reject);
		given += batch->count - conflicts;
		request.progress.Batch(reader.RowsRead(), reader.BytesRead(), batch->count - conflicts);
	}
	request.progress.Read(reader.RowsRead(), reader.BytesRead());
	reader.Finish();
	source.Finish();
	fitting.Close();
	request.quarantine->End(reader.RowsRead());
	CheckEmpty(request, given, load.get());
	LoadCounts counts = load->Finish();
	counts.rejected = request.journal.Rejected().Count() - before;
	return {counts, load->Analyzed()};
}

} // namespace sluice::engine
