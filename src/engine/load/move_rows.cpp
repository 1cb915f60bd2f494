#include "engine/load/move_rows.hpp"

#include "engine/load/keyed_rows.hpp"
#include "engine/load/load_steps.hpp"
#include "engine/load/put_aside.hpp"
#include "engine/load/row_balance.hpp"
#include "engine/load/swap_load.hpp"
#include "engine/load/workplace.hpp"
#include "engine/parallel/parallel_load.hpp"
#include "engine/parallel/staging_table.hpp"
#include "engine/source/executor_reader.hpp"
#include "engine/source/sifted_reader.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/write/direct_writer.hpp"

namespace sluice::engine {

namespace {

// The source's own rows are staged, with columns and filter still to be applied.
StagedInput
StageWire(const LoadRequest &request)
{
	StagedInput staged;
	MappingInput plain = request.input.Mapping();
	plain.columns.reset();
	plain.filter.reset();
	plain.naming = ColumnCase::Keep;
	plain.types.clear();
	plain.own.clear();	   // of what is loaded
	plain.meaning.clear(); // the source row has the types that are computed with by now
	staged.columns = ColumnDefinitions(MappedQuery(plain));

	staged.mapping = request.input.StagedMapping(request.query);
	staged.mapping.source_row = nullptr;
	return staged;
}

// The rows are staged as they are to be loaded.
StagedInput
StageMapped(const MappedQuery &query)
{
	StagedInput staged;
	staged.columns = ColumnDefinitions(query);
	staged.mapping.staged = true;
	staged.mapping.leave_out = LeaveOut::All; // as above
	for (int i = 0; i < query.ColumnCount(); ++i) {
		staged.mapping.travels_as_text.push_back(query.Column(i).from_text);
	}
	return staged;
}

std::unique_ptr<WireReader>
Recognizing(std::unique_ptr<WireReader> reader, const LoadRequest &request)
{
	reader->Recognize(KnownOf(request));
	return reader;
}

List *
TargetListFor(const MappedQuery &query, const Destination &destination, const ColumnMatch &match)
{
	const int *const source_of = match.source_of.data();
	return destination.remote != nullptr
			   ? pg::Call(leaf::BuildTargetListFor, query.Analyzed(), destination.remote->RowType(), source_of)
			   : pg::Call(leaf::BuildTargetList, query.Analyzed(), destination.relation, source_of);
}

// What the executor reads, as row_type; NULL: as the query gives it. match: of the destination that has it; NULL: the
// query's own columns.
std::unique_ptr<RowReader>
ReadByExecutor(const LoadRequest &request, const ColumnMatch *match, TupleDesc row_type)
{
	auto const read = [&](const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc rows) {
		return std::make_unique<ExecutorReader>(analyzed, target_list, rows, request.input.Fetch(), request.journal);
	};
	const MappedQuery &query = request.query;
	if (request.extract != nullptr) {
		return request.extract->Open(
			query.Analyzed(), match != nullptr ? match->target_list : pg::Call(leaf::OwnTargetList, query.Analyzed()),
			row_type, request.journal);
	}
	KnownRows *const known = KnownOf(request);
	if (known == nullptr) {
		return read(query.Analyzed(),
					match != nullptr ? match->target_list : pg::Call(leaf::OwnTargetList, query.Analyzed()), row_type);
	}
	MappingInput mapping = request.input.Mapping();
	mapping.columns = mapping.columns.value_or("source.*") + request.cursor->HiddenColumns();
	MappedQuery const wide(mapping);
	List *list = match != nullptr ? TargetListFor(wide, request.destination, *match)
								  : pg::Call(leaf::WithColumnsFrom, static_cast<List *>(NIL), wide.Analyzed(), 0);
	if (match == nullptr) {
		return std::make_unique<SiftedReader>(read(wide.Analyzed(), list, nullptr), *known, query.ColumnCount(),
											  row_type);
	}
	int const visible = list_length(list);
	list = pg::Call(leaf::WithColumnsFrom, list, wide.Analyzed(), query.ColumnCount());
	return std::make_unique<SiftedReader>(read(wide.Analyzed(), list, nullptr), *known, visible, row_type);
}

LoadOutcome
LoadByStatements(const LoadRequest &request)
{
	std::optional<StagedInput> staged;
	std::unique_ptr<RowReader> reader;
	if (request.plan.staged) {
		staged = StageWire(request);
		reader = Recognizing(std::make_unique<WireReader>(*request.input.Wire()), request);
	} else if (request.plan.mode == LoadMode::Replace || KnownOf(request) != nullptr || request.extract != nullptr) {
		// The source may read the destination: everything is read before anything is deleted.
		staged = StageMapped(request.query);
		reader = ReadByExecutor(request, nullptr, nullptr);
	}
	std::unique_ptr<Load> const load = MakeLoad(OrderOf(request), std::move(staged));
	load->Open();
	if (reader != nullptr) {
		int64_t given = 0;
		Stage(request, *reader, [&](Batch *batch) {
			given += batch->count;
			load->Write(batch);
		});
		CheckEmpty(request, given, load.get());
	}
	LoadCounts const counts = load->Finish();
	if (reader == nullptr) {
		request.progress.Batch(counts.inserted, 0, 0);
	}
	request.progress.Counters().records_processed += counts.Processed();
	return {counts};
}

// Everything is read before anything is written: the source may read the destination.
LoadOutcome
LoadByKeys(const LoadRequest &request)
{
	RunInput &input = request.input;
	std::unique_ptr<Load> const load = MakeLoad(OrderOf(request), std::nullopt);
	load->Open();
	Workplace &place = *load->Place();
	int64_t given = 0;
	auto const write = [&load, &given](Batch *batch) {
		given += batch->count;
		load->Write(batch);
	};
	if (request.plan.staged) {
		StagedInput staged = StageWire(request);
		StagedRows rows;
		WireReader wire(*input.Wire());
		rows.Open(staged.columns);
		Stage(request, wire, [&rows](Batch *batch) { rows.Write(batch); });
		rows.Close();
		staged.mapping.from = rows.Name();
		MappedQuery const query(WithCursor(staged.mapping, CursorOf(request)));
		ColumnMatch const match = place.Expect(query);
		ExecutorReader reader(query.Analyzed(), match.target_list, place.RowType(), input.Fetch(), request.journal);
		while (Batch *batch = reader.Next()) {
			write(batch);
		}
		reader.Finish();
		rows.Drop();
	} else if (request.extract != nullptr) {
		ColumnMatch const match = place.Expect(request.query);
		std::unique_ptr<RowReader> const reader = ReadByExecutor(request, &match, place.RowType());
		Stage(request, *reader, write);
	} else {
		MappingInput mapping = WithCursor(input.Mapping(), CursorOf(request));
		mapping.leave_out = LeaveOut::All; // the staging table has the columns that are loaded, and no others
		MappedQuery query(mapping);
		if (request.query.IsFilterElsewhere()) {
			query.TakeFilterAway();
		}
		ColumnMatch const match = place.Expect(query);
		if (input.Wire() != nullptr) {
			WireReader reader(*input.Wire(), query.Analyzed(), match.target_list, place.RowType());
			Stage(request, reader, write);
		} else {
			ExecutorReader reader(query.Analyzed(), match.target_list, place.RowType(), input.Fetch(), request.journal);
			Stage(request, reader, write);
		}
	}
	LoadCounts const counts = load->Finish();
	if (!MayMultiply(request.plan)) {
		RequireAllCounted(given, counts, true);
	}
	request.progress.Counters().records_processed += counts.Processed();
	return {counts};
}

LoadOutcome
LoadByReader(const LoadRequest &request)
{
	Destination &destination = request.destination;
	RunInput &input = request.input;
	TupleDesc const row_type =
		destination.remote != nullptr ? destination.remote->RowType() : RelationGetDescr(destination.relation);
	bool const staged = request.plan.staged;
	StagedRows rows;
	std::unique_ptr<Load> load;
	std::unique_ptr<RowReader> reader;
	if (input.Wire() != nullptr && !staged && request.extract == nullptr) {
		auto wire = Recognizing(
			std::make_unique<WireReader>(*input.Wire(), request.query.Analyzed(), request.match.target_list, row_type),
			request);
		load = MakeLoad(OrderOf(request), std::nullopt);
		load->Open();
		wire->Start();
		reader = std::move(wire);
	} else {
		std::optional<MappedQuery> staged_query;
		std::optional<ColumnMatch> staged_match;
		if (staged) {
			StagedInput staging = StageWire(request);
			std::unique_ptr<WireReader> const wire = Recognizing(std::make_unique<WireReader>(*input.Wire()), request);
			rows.Open(staging.columns);
			Stage(request, *wire, [&](Batch *batch) { rows.Write(batch); });
			rows.Close();
			request.journal.Info(Format("{} rows staged in a temporary table", rows.Rows()));
			staging.mapping.from = rows.Name();
			staged_query.emplace(staging.mapping);
			staged_match.emplace(destination.remote != nullptr
									 ? destination.remote->Match(*staged_query)
									 : MatchColumns(*staged_query, destination.relation, nullptr));
		}
		// Before the load opens: a source that reads the destination must see the old rows.
		if (staged) {
			reader = std::make_unique<ExecutorReader>(staged_query->Analyzed(), staged_match->target_list, row_type,
													  input.Fetch(), request.journal);
		} else {
			reader = ReadByExecutor(request, &request.match, row_type);
		}
		load = MakeLoad(OrderOf(request), std::nullopt);
		load->Open();
	}
	if (!staged) {
		request.progress.Expect(reader->RowsExpected());
	}
	request.sequences.Watch();
	int64_t given = 0;
	while (Batch *batch = reader->Next()) {
		given += batch->count;
		request.sequences.See(batch);
		load->Write(batch);
		if (staged) {
			request.progress.Counters().records_processed += batch->count;
		} else {
			request.progress.Batch(reader->RowsRead(), reader->BytesRead(), batch->count);
		}
	}
	if (!staged) {
		request.progress.Read(reader->RowsRead(), reader->BytesRead());
	}
	reader->Finish();
	CheckEmpty(request, given, load.get());
	LoadCounts const counts = load->Finish();
	RequireAllCounted(given, counts, destination.remote != nullptr);
	rows.Drop();
	return {counts, load->Analyzed()};
}

// Nothing when it cannot be done after all.
std::optional<LoadOutcome>
LoadByStreams(const LoadRequest &request)
{
	Destination &destination = request.destination;
	std::optional<ParallelRows> const done =
		LoadInParallel({request.pipeline, request.run_id, *request.streams, request.input, destination, request.plan,
						request.work, request.journal, request.progress});
	if (!done) {
		return std::nullopt;
	}
	Relation const table = std::exchange(destination.relation, nullptr);
	LockTable(done->staging, AccessExclusiveLock, request.patience, "putting its rows into place", request.journal);
	Relation const heap = pg::Call(leaf::AdoptStaging, done->staging, RelationGetNamespace(table));
	if (request.plan.direct) {
		pg::Call(leaf::WriteVisibilityMap, heap);
	}
	SwapLoad load(table, destination.traits, request.plan.fills_empty ? SwapMode::Fill : SwapMode::Replace, false,
				  request.patience, request.journal, request.plan.analyze);
	CheckEmpty(request, done->rows, &load);
	LoadCounts const counts = load.FinishWith(heap, done->rows);
	return LoadOutcome{counts, load.Analyzed()};
}

LoadOutcome
LoadAsPlanned(const LoadRequest &request)
{
	if (request.plan.streams > 1) {
		if (std::optional<LoadOutcome> const outcome = LoadByStreams(request)) {
			return *outcome;
		}
	}
	switch (request.plan.path) {
	case LoadPath::Sql:
		return request.quarantine != nullptr ? InsertPuttingAside(request) : LoadByStatements(request);
	case LoadPath::Merge:
		return request.quarantine != nullptr ? MergePuttingAside(request) : LoadByKeys(request);
	case LoadPath::Mirror:
	case LoadPath::History:
		return LoadByKeys(request);
	case LoadPath::Remote:
		return request.quarantine != nullptr ? SendPuttingAside(request) : LoadByReader(request);
	default:
		return request.quarantine != nullptr ? AppendPuttingAside(request) : LoadByReader(request);
	}
}

} // namespace

LoadOutcome
MoveRows(const LoadRequest &request)
{
	LoadOutcome outcome = LoadAsPlanned(request);
	if (request.destination.relation != nullptr) {
		pg::Call(table_close, std::exchange(request.destination.relation, nullptr), NoLock);
	}
	LoadCounts &counts = outcome.counts;
	counts.duplicate += KnownOf(request) != nullptr ? KnownOf(request)->Met() : 0;
	if (request.query.GivesRowForRow()) {
		int64_t const read = request.progress.RowsRead();
		counts.filtered =
			MayMultiply(request.plan) ? std::max<int64_t>(read - counts.Arrived(), 0) : FilteredOf(read, counts);
	}
	return outcome;
}

} // namespace sluice::engine
