#include "engine/source/run_input.hpp"

#include "catalog/loaded_shape.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/drivers.hpp"
#include "engine/transform/column_choice.hpp"
#include "engine/transform/column_options.hpp"
#include "engine/transform/definition_syntax.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

RunInput::RunInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal, LoadStamp stamp,
				   const SourceSlice *slice)
	: fetch_(WantedFetch(options)), stamp_(std::move(stamp))
{
	if (pipeline.source_table.has_value() == pipeline.source_query.has_value()) {
		throw Error(sqlstate::kPipelineIncomplete, "a run needs either a source_table or a source_query",
					"Set one of them with alter_pipeline.");
	}
	mapping_.columns = pipeline.columns;
	mapping_.filter = pipeline.filter;
	ReadColumnOptions(options, &mapping_);
	ReadOwnColumns(pipeline, options, &mapping_);
	ReadLeaveOut(pipeline, options, !catalog::LoadedShape(pipeline.id).empty(), &mapping_);
	// They were checked when the pipeline was made; what is pasted into a statement is checked where it is.
	if (pipeline.columns) {
		pg::Call(leaf::CheckSelectList, pipeline.columns->c_str());
	}
	if (pipeline.filter) {
		pg::Call(leaf::CheckCondition, pipeline.filter->c_str());
	}
	source_ = OpenSource(pipeline, options, journal, slice);
	source_->Describe(&mapping_);
	ChooseColumns(&mapping_);
	if (pipeline.cursor_column) {
		mapping_.unread.erase(*pipeline.cursor_column);
	}
	if (WireSource *const wire = Wire()) {
		wire->LeaveUnread(mapping_.unread);
	}
	if (!options.IsGiven("transform")) {
		AddLoadColumns(options, stamp_, &mapping_);
	}
}

std::vector<bool>
RunInput::Needed(const MappedQuery &query) const
{
	std::vector<bool> needed = source_->Wire()->Readable();
	std::vector<char> used(needed.size() + 1);
	pg::Call(leaf::FindUsedColumns, query.Analyzed(), mapping_.source_row, reinterpret_cast<bool *>(used.data()));
	for (size_t i = 0; i < needed.size(); ++i) {
		needed[i] = needed[i] && used[i] != 0;
	}
	return needed;
}

MappingInput
RunInput::StagedMapping(const MappedQuery &query) const
{
	MappingInput staged = mapping_;
	staged.staged = true;
	staged.leave_out = LeaveOut::All; // it was asked of the columns before they were staged
	staged.meaning.clear();			  // the source row has the types that are computed with by now
	if (query.IsFilterElsewhere()) {
		staged.filter.reset();
	}
	return staged;
}

void
RunInput::CheckTables(const MappedQuery &query, RunJournal &journal) const
{
	const Wrapper *const loses = CheckTablesRead(query, GetUserId());
	if (loses != nullptr && !source_->CountsRows()) {
		journal.Warning(Format("whether {} read all rows cannot be seen in a query: it ends without an error where it "
							   "cannot hold one",
							   loses->name));
	}
}

} // namespace sluice::engine
