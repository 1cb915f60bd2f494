// The source of one run, and what the pipeline makes of its rows.
#pragma once

#include <memory>
#include <string>

#include "engine/source/cursor_range.hpp"
#include "engine/source/divisible_source.hpp"
#include "engine/source/source.hpp"
#include "engine/source/wire_source.hpp"
#include "engine/transform/column_options.hpp"

namespace sluice::engine {

class RunInput {
public:
	// Connects where there is something to connect to. Throws Error.
	// With a slice, that part of the source alone.
	RunInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal, LoadStamp stamp = {},
			 const SourceSlice *slice = nullptr);

	// Rows come over the wire from here; NULL when the executor reads them.
	WireSource *Wire() const { return source_->Wire(); }
	// Parts of it can be read by several connections; else NULL.
	DivisibleSource *Divisible() const { return source_->Divisible(); }
	// There is more to come when its rows have been read; else NULL.
	ContinuousSource *Continuous() const { return source_->Continuous(); }
	// Rows of a range of values can be asked for over its connection; else NULL.
	OrderedSource *Ordered() const { return source_->Ordered(); }
	// As the source's.
	OpenTransactions Open() { return source_->Open(); }
	SourceSnapshot Snapshot() { return source_->Snapshot(); }
	const MappingInput &Mapping() const { return mapping_; }
	// The same for rows of a wire that have been read already: query's, over all of them.
	MappingInput StagedMapping(const MappedQuery &query) const;
	// Of rows that the executor reads, those that fit this condition on "source" as well.
	void AddCondition(const std::string &condition)
	{
		mapping_.filter = mapping_.filter ? "(\n" + *mapping_.filter + "\n) AND " + condition : condition;
	}
	// Of a wire, the columns that the query is made of.
	std::vector<bool> Needed(const MappedQuery &query) const;
	const LoadStamp &Stamp() const { return stamp_; }
	// Of foreign data wrappers.
	leaf::FetchSize Fetch() const { return fetch_; }
	std::string Label() const { return source_->Label(); }
	std::optional<std::string> Instant() { return source_->Instant(); }
	// Of what the query's rows are of.
	DeclaredTable Declared(const MappedQuery &query)
	{
		return query.IsReshaped() ? DeclaredTable() : source_->Declared();
	}
	// What has to be seen to where a query reads foreign tables. Throws Error.
	void CheckTables(const MappedQuery &query, RunJournal &journal) const;
	// As the source's.
	void CountBefore(const MappedQuery &query, RunJournal &journal) { source_->CountBefore(query, journal); }
	void Leave(int64_t rows) { source_->Leave(rows); }

private:
	leaf::FetchSize fetch_;
	MappingInput mapping_;
	LoadStamp stamp_;
	std::unique_ptr<Source> source_;
};

} // namespace sluice::engine
