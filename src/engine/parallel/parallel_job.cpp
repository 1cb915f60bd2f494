#include "engine/parallel/parallel_job.hpp"

#include "core/sqlstate.hpp"

namespace sluice::engine {

namespace {

std::string
Text(const Fields &fields, size_t index)
{
	return index < fields.size() ? fields[index].value_or("") : "";
}

} // namespace

std::string
PackJob(const ParallelJob &job)
{
	Fields pieces;
	for (const SourcePiece &piece : job.pieces) {
		Fields fields{piece.label};
		for (const SourceSpan &span : piece.spans) {
			fields.emplace_back(span.relation);
			fields.emplace_back(span.condition);
		}
		pieces.emplace_back(PackFields(fields));
	}
	return PackFields({job.run_id, job.context, job.snapshot, job.shape, job.pipeline.id,
					   std::to_string(job.pipeline.version), std::to_string(job.attempt), job.staging_shape,
					   job.direct ? "1" : "", PackFields(pieces), job.loaded_at});
}

ParallelJob
UnpackJob(std::string_view bytes)
{
	Fields const fields = UnpackFields(bytes);
	constexpr size_t kFields = 11;
	if (fields.size() != kFields) {
		throw Error(sqlstate::kInternalError, "a stream's job is not what its run wrote");
	}
	ParallelJob job;
	job.run_id = Text(fields, 0);
	job.context = Text(fields, 1);
	job.snapshot = Text(fields, 2);
	job.shape = Text(fields, 3);
	job.pipeline.id = Text(fields, 4);
	job.pipeline.version = std::stoi(Text(fields, 5));
	job.attempt = std::stoi(Text(fields, 6));
	job.staging_shape = Text(fields, 7);
	job.direct = !Text(fields, 8).empty();
	job.loaded_at = Text(fields, 10);
	for (const std::optional<std::string> &packed : UnpackFields(Text(fields, 9))) {
		Fields const piece = UnpackFields(packed.value_or(""));
		SourcePiece &added = job.pieces.emplace_back();
		added.label = Text(piece, 0);
		for (size_t i = 1; i + 1 < piece.size(); i += 2) {
			added.spans.push_back({Text(piece, i), Text(piece, i + 1)});
		}
	}
	return job;
}

std::string
PackError(const Error &error)
{
	const ErrorInfo &info = error.Info();
	// What may be long comes last: what does not fit is cut there.
	constexpr size_t kMostOfOne = 4000;
	auto some = [](const std::string &text) {
		size_t const length = text.size() <= kMostOfOne
								  ? text.size()
								  : pg_mbcliplen(text.data(), static_cast<int>(text.size()), kMostOfOne);
		return text.substr(0, length);
	};
	return PackFields({SqlStateText(info.sqlstate), some(info.schema_name), some(info.table_name),
					   some(info.column_name), some(info.datatype_name), some(info.constraint_name), some(info.message),
					   some(info.hint), some(info.detail), some(info.context)});
}

Error
UnpackError(std::string_view bytes)
{
	Fields const fields = UnpackFields(bytes);
	ErrorInfo info;
	info.sqlstate = SqlStateFromText(Text(fields, 0));
	info.schema_name = Text(fields, 1);
	info.table_name = Text(fields, 2);
	info.column_name = Text(fields, 3);
	info.datatype_name = Text(fields, 4);
	info.constraint_name = Text(fields, 5);
	info.message = Text(fields, 6);
	info.hint = Text(fields, 7);
	info.detail = Text(fields, 8);
	info.context = Text(fields, 9);
	return Error(std::move(info));
}

} // namespace sluice::engine
