#include "engine/load/load.hpp"

#include "engine/load/heap_sink.hpp"
#include "engine/load/partition_replace_sink.hpp"
#include "engine/load/partition_sink.hpp"
#include "engine/load/remote_sink.hpp"
#include "engine/load/replace_sink.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/parallel/parallel_load.hpp"
#include "engine/parallel/staging_table.hpp"
#include "engine/source/executor_reader.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/write/direct_writer.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

std::unique_ptr<Sink>
MakeSink(const LoadRequest &request)
{
	Destination &destination = request.destination;
	const LoadPlan &plan = request.plan;
	ReplaceSinkMode const mode = plan.fills_empty ? ReplaceSinkMode::Fill : ReplaceSinkMode::Replace;
	switch (plan.path) {
	case LoadPath::Remote:
		return std::make_unique<RemoteSink>(*destination.remote);
	case LoadPath::ReplaceSwap:
		return std::make_unique<ReplaceSink>(std::exchange(destination.relation, nullptr), destination.traits, mode,
											 plan.direct, request.patience, request.journal, plan.analyze);
	case LoadPath::ReplaceRouted:
		return std::make_unique<PartitionReplaceSink>(std::exchange(destination.relation, nullptr), destination.traits,
													  mode, plan.direct, request.patience, request.journal,
													  plan.analyze);
	default:
		break;
	}
	if (destination.traits.kind == RELKIND_PARTITIONED_TABLE) {
		return std::make_unique<PartitionSink>(destination.relation, destination.traits,
											   plan.path == LoadPath::ReplaceInPlace, request.patience,
											   request.journal);
	}
	HeapSinkMode const heap_mode = plan.path == LoadPath::AppendCreated	   ? HeapSinkMode::Created
								   : plan.path == LoadPath::ReplaceInPlace ? HeapSinkMode::ReplaceInPlace
																		   : HeapSinkMode::Append;
	return std::make_unique<HeapSink>(destination.relation, destination.traits, heap_mode, plan.direct,
									  request.patience, request.journal, plan.analyze);
}

void
Stage(const LoadRequest &request, RowReader &stream, const std::string &columns, StagedRows *staged)
{
	request.progress.Expect(stream.RowsExpected());
	staged->Fill(stream, columns,
				 [&](const Batch & /*batch*/) { request.progress.Batch(stream.RowsRead(), stream.BytesRead(), 0); });
	request.journal.Info(Format("{} rows staged in a temporary table", staged->Rows()));
}

// The source's own rows in a temporary table, with columns and filter still to be applied.
MappingInput
StageRemote(const LoadRequest &request, StagedRows *staged)
{
	const MappingInput &mapping = request.input.Mapping();
	MappingInput plain = mapping;
	plain.columns.reset();
	plain.filter.reset();
	plain.meaning.clear(); // the stream has the types that are computed with by now
	WireReader stream(*request.input.Wire());
	Stage(request, stream, ColumnDefinitions(MappedQuery(plain)), staged);

	MappingInput result = mapping;
	result.stream = nullptr;
	result.meaning.clear();
	result.from = staged->Name();
	result.staged = true;
	if (request.query.IsFilterElsewhere()) {
		result.filter.reset();
	}
	return result;
}

// The rows as they are to be loaded, in a temporary table.
MappingInput
StageMapped(const LoadRequest &request, StagedRows *staged)
{
	const MappedQuery &query = request.query;
	ExecutorReader stream(query.Analyzed(), pg::Call(leaf::OwnTargetList, query.Analyzed()), nullptr,
						  request.input.Fetch(), request.journal);
	Stage(request, stream, ColumnDefinitions(query), staged);

	MappingInput result;
	result.from = staged->Name();
	result.staged = true;
	for (int i = 0; i < query.ColumnCount(); ++i) {
		result.travels_as_text.push_back(query.Column(i).from_text);
	}
	return result;
}

int64_t
LoadBySql(const LoadRequest &request, StagedRows *staged)
{
	Destination &destination = request.destination;
	std::optional<MappedQuery> staged_query;
	if (request.input.Wire() != nullptr) {
		staged_query.emplace(StageRemote(request, staged));
	} else if (request.plan.mode == LoadMode::Replace) {
		// The source may read the destination: everything is read before anything is deleted.
		staged_query.emplace(StageMapped(request, staged));
	}
	const MappedQuery &query = staged_query ? *staged_query : request.query;
	std::string insert = InsertStatement(query, request.match, destination.relation, destination.name);
	pg::Call(table_close, std::exchange(destination.relation, nullptr), NoLock);
	if (request.plan.mode == LoadMode::Replace) {
		pg::Call(leaf::RefuseCascade, destination.oid);
		pg::SqlResult const deleted = pg::Sql("DELETE FROM " + destination.name);
		request.journal.Info(Format("{} old rows deleted", deleted.Processed()));
	}
	int64_t const rows = static_cast<int64_t>(pg::Sql(insert).Processed());
	if (!staged_query) {
		request.progress.Batch(rows, 0, 0);
	}
	request.progress.Counters().records_processed = rows;
	return rows;
}

LoadOutcome
LoadByReader(const LoadRequest &request, StagedRows *staged)
{
	Destination &destination = request.destination;
	RunInput &input = request.input;
	TupleDesc const row_type =
		destination.remote != nullptr ? destination.remote->RowType() : RelationGetDescr(destination.relation);
	std::unique_ptr<Sink> sink;
	std::unique_ptr<RowReader> stream;
	if (input.Wire() != nullptr && !request.plan.staged) {
		auto remote = std::make_unique<WireReader>(*input.Wire(), request.query.Analyzed(), request.match.target_list,
												   row_type);
		sink = MakeSink(request);
		sink->Open();
		remote->Start();
		stream = std::move(remote);
	} else {
		std::optional<MappedQuery> staged_query;
		std::optional<ColumnMatch> staged_match;
		if (input.Wire() != nullptr) {
			staged_query.emplace(StageRemote(request, staged));
			staged_match.emplace(destination.remote != nullptr
									 ? destination.remote->Match(*staged_query)
									 : MatchColumns(*staged_query, destination.relation, nullptr));
		}
		// Before the sink opens: a source that reads the destination must see the old rows.
		stream = std::make_unique<ExecutorReader>((staged_query ? *staged_query : request.query).Analyzed(),
												  (staged_match ? *staged_match : request.match).target_list, row_type,
												  input.Fetch(), request.journal);
		sink = MakeSink(request);
		sink->Open();
	}
	if (staged->Name().empty()) {
		request.progress.Expect(stream->RowsExpected());
	}
	request.sequences.Watch();
	while (Batch *batch = stream->Next()) {
		request.sequences.See(batch);
		sink->Write(batch);
		if (staged->Name().empty()) {
			request.progress.Batch(stream->RowsRead(), stream->BytesRead(), batch->count);
		} else {
			request.progress.Counters().records_processed += batch->count;
		}
	}
	stream->Finish();
	int64_t const rows = sink->Finish();
	return {rows, sink->Analyzed()};
}

// Nothing when it cannot be done after all.
std::optional<LoadOutcome>
LoadByStreams(const LoadRequest &request)
{
	Destination &destination = request.destination;
	std::optional<ParallelRows> const done =
		LoadInParallel({request.pipeline, request.run_id, *request.streams, request.input, destination,
						request.plan, request.work, request.journal, request.progress});
	if (!done) {
		return std::nullopt;
	}
	Relation const table = std::exchange(destination.relation, nullptr);
	LockTable(done->staging, AccessExclusiveLock, request.patience, "putting its rows into place", request.journal);
	Relation const heap = pg::Call(leaf::AdoptStaging, done->staging, RelationGetNamespace(table));
	if (request.plan.direct) {
		pg::Call(leaf::WriteVisibilityMap, heap);
	}
	ReplaceSinkMode const mode = request.plan.fills_empty ? ReplaceSinkMode::Fill : ReplaceSinkMode::Replace;
	ReplaceSink sink(table, destination.traits, mode, false, request.patience, request.journal, request.plan.analyze);
	int64_t const rows = sink.FinishWith(heap, done->rows);
	return LoadOutcome{rows, sink.Analyzed()};
}

} // namespace

LoadOutcome
Load(const LoadRequest &request)
{
	if (request.plan.streams > 1) {
		if (std::optional<LoadOutcome> const outcome = LoadByStreams(request)) {
			return *outcome;
		}
	}
	StagedRows staged;
	LoadOutcome const outcome = request.plan.path == LoadPath::Sql ? LoadOutcome{LoadBySql(request, &staged), false}
																   : LoadByReader(request, &staged);
	staged.Drop();
	if (request.destination.relation != nullptr) {
		pg::Call(table_close, std::exchange(request.destination.relation, nullptr), NoLock);
	}
	return outcome;
}

} // namespace sluice::engine
