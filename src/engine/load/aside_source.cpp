#include "engine/load/aside_source.hpp"

#include "catalog/pipeline_options.hpp"
#include "core/sqlstate.hpp"
#include "engine/load/keyed_rows.hpp"

namespace sluice::engine {

namespace {

void
RequireRowByRow(const MappedQuery &query)
{
	if (std::string const why = query.NeedsSql(); !why.empty()) {
		throw Error(sqlstate::kFeatureNotSupported, "rows that do not fit cannot be put aside, because " + why,
					"Leave on_reject out, or put that part of columns into source_query.");
	}
}

} // namespace

AsideSource::AsideSource(const LoadRequest &request) : request_(request)
{
	RequireRowByRow(request.query);
	if (request.input.Wire() == nullptr) {
		scanned_.emplace(request.input, request.journal);
	}
	if (request.replays) {
		rejected_.emplace(Rows(), request.pipeline.id, request.run_id,
						  catalog::ReadOptions(request.pipeline.options).Text("zero_dates") == "null");
	}
}

WireSource &
AsideSource::Rows()
{
	if (rejected_) {
		return *rejected_;
	}
	return scanned_ ? *scanned_ : *request_.input.Wire();
}

const MappedQuery &
AsideSource::Query()
{
	if (!scanned_) {
		return request_.query;
	}
	if (!over_rows_) {
		over_rows_.emplace(scanned_->Mapping(request_.input));
		RequireRowByRow(*over_rows_);
	}
	return *over_rows_;
}

MappedQuery
AsideSource::StagedQuery(const CursorColumn *cursor) const
{
	MappingInput mapping = WithCursor(scanned_ ? scanned_->Mapping(request_.input) : request_.input.Mapping(), cursor);
	mapping.leave_out = LeaveOut::All;
	MappedQuery query(mapping);
	if (!scanned_ && request_.query.IsFilterElsewhere()) {
		query.TakeFilterAway();
	}
	return query;
}

void
AsideSource::Finish()
{
	if (rejected_ && scanned_) {
		scanned_->Finish(); // it told its columns only
	}
}

} // namespace sluice::engine
