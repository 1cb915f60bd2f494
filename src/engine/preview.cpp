// PreviewRun: the rows of a run, without loading them.

#include "catalog/pipeline_options.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "core/text_bounds.hpp"
#include "engine/known_secrets.hpp"
#include "engine/load/fed_columns.hpp"
#include "engine/load/fitting_rows.hpp"
#include "engine/rows/row_json.hpp"
#include "engine/run.hpp"
#include "engine/run_hints.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/cursor_read.hpp"
#include "engine/source/executor_reader.hpp"
#include "engine/source/extract.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/quarantine.hpp"
#include "engine/source/row_store.hpp"
#include "engine/source/run_input.hpp"
#include "engine/source/scanned_source.hpp"
#include "engine/source/sifted_reader.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/target/destination_server.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/transform/reshape.hpp"
#include "pg/read_only.hpp"
#include "pg/settings.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

namespace {

// A row that the destination's rules refuse. It is shown as it would have been loaded: the source's may not be there.
void
AppendRefused(const TupleTableSlot *row, const leaf::ShownColumns &shown, const Error &error, leaf::JsonRows *out)
{
	if (out->count == out->most) {
		return;
	}
	const ErrorInfo &info = error.Info();
	pg::SqlResult const json =
		pg::Sql("SELECT pg_catalog.jsonb_build_object('_rejected', pg_catalog.jsonb_build_object('column_name', $1, "
				"'sqlstate', $2, 'reason', $3, 'row', $4::pg_catalog.jsonb))",
				{info.column_name.empty() ? pg::SqlValue() : info.column_name, SqlStateText(info.sqlstate),
				 CutMessage(Redact(info.message)), std::string(pg::Call(leaf::RowAsJson, row, &shown))});
	pg::Call(leaf::AppendJson, json.Text(0, 0).c_str(), out);
	++out->rejected;
}

// True at the end of the source.
bool
ReadRows(RowReader &reader, const FedColumns &fed, leaf::JsonRows *out)
{
	leaf::ShownColumns const shown = fed.Shown();
	std::optional<FittingRows> fitting;
	if (fed.Rules() != nullptr) {
		fitting.emplace(fed.Rules());
	}
	bool at_end = false;
	while (out->count < out->most) {
		Batch *const batch = reader.Next();
		at_end = batch == nullptr;
		if (at_end) {
			break;
		}
		int done = 0;
		if (fitting) {
			fitting->Check(batch, [&](const TupleTableSlot *row, int64_t /*position*/, const Error &error) {
				auto *const *const place = std::find(batch->slots + done, batch->slots + batch->count, row);
				int const index = static_cast<int>(place - batch->slots);
				pg::Call(leaf::AppendAsJson, static_cast<const Batch *>(batch), done, index, &shown, out);
				AppendRefused(row, shown, error, out);
				done = index; // where the next one will be
			});
		}
		pg::Call(leaf::AppendAsJson, static_cast<const Batch *>(batch), done, batch->count, &shown, out);
	}
	if (fitting) {
		fitting->Close();
	}
	return at_end;
}

void
ReadByExecutor(const RunInput &input, const MappedQuery &query, const FedColumns &fed, const leaf::ScanScope &scope,
			   leaf::JsonRows *out)
{
	RunJournal unsaid(pg::Now);
	ExecutorReader reader(query.Analyzed(), fed.TargetList(query), fed.RowType(), input.Fetch(), unsaid, scope);
	(void)ReadRows(reader, fed, out);
	reader.Stop();
}

// Without the rows that were loaded before, which it knows by more columns than are loaded.
void
ReadNewByExecutor(const RunInput &input, const MappedQuery &query, const FedColumns &fed, CursorRead &cursor,
				  leaf::JsonRows *out)
{
	MappingInput mapping = input.Mapping();
	mapping.columns = mapping.columns.value_or("source.*") + cursor.HiddenColumns();
	MappedQuery const wide(mapping);
	List *const list = pg::Call(leaf::WithColumnsFrom, fed.TargetList(wide), wide.Analyzed(), query.ColumnCount());
	RunJournal unsaid(pg::Now);
	SiftedReader reader(std::make_unique<ExecutorReader>(wide.Analyzed(), list, nullptr, input.Fetch(), unsaid),
						*cursor.Known(), fed.RowType()->natts, fed.RowType());
	(void)ReadRows(reader, fed, out);
	reader.Stop();
}

void
ReadWire(WireSource &source, const MappedQuery &query, const FedColumns &fed, KnownRows *known, leaf::JsonRows *out)
{
	// Each row of the source is one of the destination's.
	if (query.Analyzed()->query->jointree->quals == nullptr && known == nullptr) {
		source.LimitTo(out->most);
	}
	WireReader reader(source, query.Analyzed(), fed.TargetList(query), fed.RowType());
	reader.Recognize(known);
	reader.LimitTo(out->most);
	if (ReadRows(reader, fed, out)) {
		reader.Finish();
	} else {
		// Whatever the source is still about to send is cancelled there when it is closed.
		reader.Stop();
	}
}

void
Read(const RunInput &input, const MappedQuery &query, const FedColumns &fed, CursorRead *cursor, leaf::JsonRows *out)
{
	KnownRows *const known = cursor != nullptr ? cursor->Known() : nullptr;
	if (input.Wire() == nullptr && known != nullptr) {
		ReadNewByExecutor(input, query, fed, *cursor, out);
	} else if (input.Wire() == nullptr) {
		ReadByExecutor(input, query, fed, {out->most, nullptr, nullptr}, out);
	} else if (query.NeedsSql().empty()) {
		ReadWire(*input.Wire(), query, fed, known, out);
	} else {
		RowStore rows(input.Wire()->RowType());
		WireReader reader(*input.Wire());
		reader.Recognize(known);
		rows.KeepAll(reader);
		MappedQuery const over_all(input.StagedMapping(query));
		ReadByExecutor(input, over_all, fed, rows.Scope(out->most), out);
		rows.Drop();
	}
}

// Rows that a run would put aside, each as a row of its own.
void
AppendRejected(RunJournal &journal, leaf::JsonRows *out)
{
	for (const RejectedRow &row : journal.Rejected().TakeUnwritten()) {
		if (out->count == out->most) {
			return;
		}
		pg::SqlResult const json =
			pg::Sql("SELECT pg_catalog.jsonb_build_object('_rejected', pg_catalog.jsonb_build_object('position', "
					"$1::pg_catalog.int8, 'column_name', $2, 'sqlstate', $3, 'reason', $4, 'original', "
					"$5::pg_catalog.jsonb))",
					{Format("{}", row.position), row.column.empty() ? pg::SqlValue() : row.column,
					 SqlStateText(row.sqlstate), row.message, row.row});
		pg::Call(leaf::AppendJson, json.Text(0, 0).c_str(), out);
		++out->rejected;
	}
}

// Good rows and those that cannot be converted, which the executor could not go on behind: it gives the source's rows
// alone.
void
ReadPuttingAside(const RunInput &input, const MappedQuery &query, const FedColumns &fed, CursorRead *cursor,
				 RunJournal &journal, leaf::JsonRows *out)
{
	std::optional<ScannedSource> scanned;
	std::optional<MappedQuery> over_rows;
	if (input.Wire() == nullptr) {
		scanned.emplace(input, journal);
		over_rows.emplace(scanned->Mapping(input));
	}
	WireSource &source = scanned ? *scanned : *input.Wire();
	const MappedQuery &read = over_rows ? *over_rows : query;
	int64_t count = 0;
	Quarantine quarantine(
		journal, *RejectLimit::Parse(std::to_string(out->most)), fed.Unwelcome(), [&] { AppendRejected(journal, out); },
		&count);
	WireReader reader(source, read.Analyzed(), fed.TargetList(read), fed.RowType());
	reader.Recognize(cursor != nullptr ? cursor->Known() : nullptr);
	reader.PutAside(&quarantine);
	leaf::ShownColumns const shown = fed.Shown();
	std::optional<FittingRows> fitting;
	if (fed.Rules() != nullptr) {
		fitting.emplace(fed.Rules());
	}
	auto const reject = [&reader](const TupleTableSlot *row, int64_t position, const Error &error) {
		reader.Reject(row, position, error);
	};
	bool at_end = false;
	while (!at_end && out->count < out->most) {
		// One by one: so those that are put aside stand where they are in the source.
		reader.LimitTo(1);
		Batch *batch = nullptr;
		try {
			batch = reader.Next();
		} catch (const Error &) {
			if (count <= out->most) {
				throw;
			}
			// More of them than are shown.
		}
		AppendRejected(journal, out);
		at_end = batch == nullptr;
		if (at_end || out->count == out->most) {
			continue;
		}
		if (fitting) {
			fitting->Check(batch, reject);
			AppendRejected(journal, out);
		}
		pg::Call(leaf::AppendAsJson, static_cast<const Batch *>(batch), 0, batch->count, &shown, out);
	}
	if (fitting) {
		fitting->Close();
	}
	reader.Stop();
	if (scanned) {
		scanned->Finish();
	}
}

// Over so many rows at most: what a transform makes of the first ones need not be what it makes of all.
constexpr int64_t kMostExtracted = 10'000;

void
ReadReshaped(RunInput &input, const MappedQuery &query, const MappedQuery &reshaped, const FedColumns &fed,
			 CursorRead *cursor, leaf::JsonRows *out)
{
	RunJournal unsaid(pg::Now);
	Extract extract(input, query);
	extract.Read(cursor, kMostExtracted, unsaid, [](int64_t, int64_t) {});
	std::unique_ptr<RowReader> const reader =
		extract.Open(reshaped.Analyzed(), fed.TargetList(reshaped), fed.RowType(), unsaid);
	(void)ReadRows(*reader, fed, out);
	reader->Stop();
	extract.Drop();
	out->cut_after = extract.IsCut() ? kMostExtracted : 0;
}

// puts_aside: rows that cannot be converted are shown, where each can be told from the others.
void
Preview(const catalog::Pipeline &pipeline, bool puts_aside, leaf::JsonRows *out)
{
	RunMemory memory;
	RunJournal journal(pg::Now);
	OptionValues const options = catalog::ReadOptions(pipeline.options);
	{
		std::unique_ptr<RemoteDestination> remote;
		Destination destination;
		if (pipeline.destination) {
			CheckDestinationServer(*pipeline.destination, GetUserId());
			remote =
				std::make_unique<RemoteDestination>(pipeline, options, RemoteDestination::Purpose::Explain, journal);
			destination = remote->AsDestination();
		} else {
			destination = FindDestination(pipeline);
		}
		// May make temporary foreign tables; all code of the owner runs where nothing can be written.
		RunInput input(pipeline, options, journal, StampOf(LoadStamp().run_id));
		std::optional<pg::ReadOnlyScope> writes_nothing(std::in_place);
		std::optional<CursorRead> cursor;
		if (pipeline.cursor_column) {
			cursor.emplace(pipeline, options, input, FindsByKeys(LoadModeOf(pipeline)));
			cursor->BeforeAnalysis(journal);
		}
		MappedQuery query(input.Mapping());
		PushFilter(input, query, journal);
		if (cursor) {
			cursor->AfterFilter(query, journal);
		}
		writes_nothing.reset();
		input.CheckTables(query, journal);
		writes_nothing.emplace();
		std::optional<MappedQuery> reshaped;
		if (std::optional<MappingInput> const over = ReshapedMapping(options, query, input.Stamp())) {
			reshaped.emplace(*over);
		}
		const MappedQuery &loaded = reshaped ? *reshaped : query;
		FedColumns const fed(loaded, destination,
							 PlanEvolution(pipeline, options, loaded, destination, catalog::LoadedShape(pipeline.id)));
		if (reshaped) {
			ReadReshaped(input, query, *reshaped, fed, cursor ? &*cursor : nullptr, out);
		} else if (puts_aside && query.NeedsSql().empty()) {
			ReadPuttingAside(input, query, fed, cursor ? &*cursor : nullptr, journal, out);
		} else {
			Read(input, query, fed, cursor ? &*cursor : nullptr, out);
		}
		writes_nothing.reset();
		input.Leave(out->count);
	}
	memory.Free();
}

// As a run reads, which asks the source for no more than it needs. Only where a row cannot be converted is the source
// asked again, for what tells such a row from the others.
void
PreviewWhatFails(const catalog::Pipeline &pipeline, leaf::JsonRows *out)
{
	out->fails = true;
	std::optional<Error> const failure = pg::Subtransaction([&] { Preview(pipeline, false, out); });
	if (!failure) {
		return;
	}
	if (!IsOfRow(*failure)) {
		throw *failure;
	}
	pg::Call(leaf::ClearJson, out);
	if (pg::Subtransaction([&] { Preview(pipeline, true, out); })) {
		throw *failure;
	}
}

} // namespace

void
PreviewRun(const catalog::Pipeline &pipeline, leaf::JsonRows *out)
{
	RememberMappedSecrets(GetUserId());
	try {
		if (catalog::ReadOptions(pipeline.options).Text("on_reject") == "quarantine") {
			Preview(pipeline, true, out);
		} else {
			PreviewWhatFails(pipeline, out);
		}
	} catch (const Error &error) {
		throw WithHint(OfALook(WithoutSecrets(error)), pipeline);
	}
}

} // namespace sluice::engine
