#include "engine/load/put_aside.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/load/fitting_rows.hpp"
#include "engine/load/keyed_rows.hpp"
#include "engine/load/load_steps.hpp"
#include "engine/load/row_balance.hpp"
#include "engine/load/workplace.hpp"
#include "engine/source/rejected_source.hpp"
#include "engine/source/scanned_source.hpp"
#include "engine/source/wire_reader.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

void
RequireRowByRow(const MappedQuery &query)
{
	if (std::string const why = query.NeedsSql(); !why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported, "rows that do not fit cannot be put aside, because " + why,
					"Leave on_reject out, or put that part of columns into source_query.");
	}
}

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

LoadOutcome
MergePuttingAside(const LoadRequest &request)
{
	RunInput &input = request.input;
	RequireRowByRow(request.query);
	std::unique_ptr<Load> const load = MakeLoad(OrderOf(request), std::nullopt);
	load->Open();
	Relation const staging = load->Place()->Staging();
	std::optional<ScannedSource> scanned;
	if (input.Wire() == nullptr) {
		scanned.emplace(input, request.journal);
	}
	MappingInput mapping = WithCursor(scanned ? scanned->Mapping(input) : input.Mapping(), CursorOf(request));
	mapping.leave_out = LeaveOut::All; // as above
	MappedQuery query(mapping);
	if (!scanned && request.query.IsFilterElsewhere()) {
		query.TakeFilterAway();
	}
	ColumnMatch const match = MatchColumns(query, staging, nullptr);
	WireSource &source = scanned ? *scanned : *input.Wire();
	WireReader reader(source, query.Analyzed(), match.target_list, RelationGetDescr(staging));
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
	RunInput &input = request.input;
	TupleDesc const row_type = RelationGetDescr(destination.relation);
	std::optional<ScannedSource> scanned;
	std::optional<MappedQuery> over_rows;
	std::optional<ColumnMatch> match;
	if (input.Wire() == nullptr) {
		// Before the load opens: a source that reads the destination must see the old rows.
		scanned.emplace(input, request.journal);
		over_rows.emplace(scanned->Mapping(input));
		RequireRowByRow(*over_rows);
		match.emplace(MatchColumns(*over_rows, destination.relation, nullptr));
	}
	RequireRowByRow(request.query);
	WireSource &origin = scanned ? *scanned : *input.Wire();
	std::optional<RejectedSource> rejected;
	if (request.replays) {
		rejected.emplace(origin, request.pipeline.id, request.run_id,
						 catalog::ReadOptions(request.pipeline.options).Text("zero_dates") == "null");
	}
	WireSource &source = rejected ? *rejected : origin;
	WireReader reader(source, over_rows ? over_rows->Analyzed() : request.query.Analyzed(),
					  match ? match->target_list : request.match.target_list, row_type);
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
	if (rejected && scanned) {
		scanned->Finish(); // it told its columns only
	}
	fitting.Close();
	request.quarantine->End(reader.RowsRead());
	CheckEmpty(request, given, load.get());
	LoadCounts counts = load->Finish();
	counts.rejected = request.journal.Rejected().Count() - before;
	return {counts, load->Analyzed()};
}

} // namespace sluice::engine
