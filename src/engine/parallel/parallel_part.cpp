#include "engine/parallel/parallel_part.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/identifier.hpp"
#include "core/sqlstate.hpp"
#include "engine/parallel/staging_table.hpp"
#include "engine/run_memory.hpp"
#include "engine/source/push_filter.hpp"
#include "engine/source/run_input.hpp"
#include "engine/source/wire_reader.hpp"
#include "engine/transform/column_match.hpp"
#include "engine/write/table_writer.hpp"
#include "pg/settings.hpp"

namespace sluice::engine {

namespace {

std::string
NameOf(Oid relation)
{
	const char *name = pg::Call(get_rel_name, relation);
	return name != nullptr ? name : "";
}

// Sets piece to the one that is being loaded.
void
Load(const ParallelBoard *board, const ParallelJob &job, int *piece)
{
	OptionValues const options = catalog::ReadOptions(job.pipeline.options);
	// What it says was said by the run worker, which reads the same source.
	RunJournal journal(pg::Now);
	SourceSlice const slice{job.snapshot, {}};
	RunInput input(job.pipeline, options, journal, {job.run_id, job.loaded_at}, &slice);
	MappedQuery query(input.Mapping());
	PushFilter(input, query, journal);
	if (input.Divisible() == nullptr || input.Divisible()->Shape() != job.shape) {
		throw Error(sqlstate::kObjectNotInPrerequisiteState, "the source's table changed while it was read",
					"Run the pipeline again.");
	}
	// A table that the run worker has created is seen by it alone: then the staging table has all that it has. Else the
	// run worker holds a stronger lock, and this process is in its lock group.
	bool const created = !OidIsValid(board->destination);
	Relation const staging = pg::Call(table_open, board->staging, RowExclusiveLock);
	Relation const destination = created ? staging : pg::Call(table_open, board->destination, AccessShareLock);
	ColumnMatch const match = MatchColumns(query, destination, nullptr);
	WireReader reader(*input.Wire(), query.Analyzed(), match.target_list, RelationGetDescr(destination));
	// Frozen, although the table outlives this transaction: it is swapped in only when none of those that wrote into it
	// was aborted.
	TableWriter writer;
	if (job.direct) {
		writer.OpenShared(destination, staging);
	} else {
		writer.Open(destination, staging, TABLE_INSERT_FROZEN);
	}
	for (; *piece >= 0; *piece = pg::Call(leaf::TakePiece)) {
		int64_t const rows_before = writer.Rows();
		auto note = [&] {
			pg::Call(leaf::NoteProgress, *piece, static_cast<int64>(reader.RowsRead()),
					 static_cast<int64>(writer.Rows() - rows_before), static_cast<int64>(reader.BytesRead()));
		};
		pg::Call(leaf::NoteTransaction, *piece);
		input.Divisible()->Restrict(job.pieces.at(static_cast<size_t>(*piece)).spans);
		reader.Restart();
		while (Batch *batch = reader.Next()) {
			pg::Call(leaf::CheckStopped);
			writer.Write(batch);
			note();
		}
		note();
	}
	reader.Finish();
	writer.Close();
	if (!created) {
		pg::Call(table_close, destination, NoLock);
	}
	pg::Call(table_close, staging, NoLock);
}

// What users know: nobody has ever heard of the staging table.
Error
InUsersNames(const Error &error, const std::string &staging, const std::string &destination)
{
	ErrorInfo info = error.Info();
	std::string const from = "\"" + staging + "\"";
	std::string const to = "\"" + destination + "\"";
	for (std::string *text : {&info.message, &info.detail, &info.context}) {
		for (size_t at = text->find(from); at != std::string::npos; at = text->find(from, at + to.size())) {
			text->replace(at, from.size(), to);
		}
	}
	return Error(std::move(info));
}

} // namespace

Oid
PrepareStaging(const ParallelBoard *board, const ParallelJob &job)
{
	const leaf::StagingShape *shape = nullptr;
	if (!job.staging_shape.empty()) {
		shape = reinterpret_cast<const leaf::StagingShape *>(job.staging_shape.data());
	}
	return pg::Call(leaf::MakeStaging, board->destination, shape, job.run_id.c_str(), job.attempt);
}

void
LoadPieces(const ParallelBoard *board, const ParallelJob &job)
{
	int piece = pg::Call(leaf::TakePiece);
	if (piece < 0) {
		return;
	}
	RunMemory memory;
	std::string const staging = NameOf(board->staging);
	try {
		Load(board, job, &piece);
	} catch (const Error &error) {
		Error const known = InUsersNames(error, staging, SplitNameParts(*job.pipeline.destination_table).back().text);
		throw piece >= 0 ? known.WithContext(job.pieces.at(static_cast<size_t>(piece)).label) : known;
	}
	memory.Free();
}

} // namespace sluice::engine
