// The rows that columns and filter make of a source's, read as a whole for the query of the option transform.
#pragma once

#include <functional>
#include <memory>

#include "engine/source/cursor_read.hpp"
#include "engine/source/row_store.hpp"
#include "engine/source/run_input.hpp"

namespace sluice::engine {

class Extract {
public:
	using Tell = std::function<void(int64_t rows_read, int64_t bytes_read)>;

	// query: columns and filter. In the current memory context.
	Extract(RunInput &input, const MappedQuery &query);

	// most: after so many rows it stops; 0: never. tell: told what was read of the source so far.
	void Read(CursorRead *cursor, int64_t most, RunJournal &journal, const Tell &tell);
	// Stopped before the source's end.
	bool IsCut() const { return cut_; }
	// Rows that the query gave, also those that were loaded before, which are not kept.
	int64_t Given() const { return store_.Rows() + met_; }
	int64_t Kept() const { return store_.Rows(); }
	int64_t Met() const { return met_; }
	// What a query over them gives: read are the source's rows.
	std::unique_ptr<RowReader> Open(const leaf::AnalyzedQuery *analyzed, List *target_list, TupleDesc row_type,
									RunJournal &journal) const;
	void Drop() { store_.Drop(); }

private:
	std::unique_ptr<RowReader> OpenSource(CursorRead *cursor, int64_t most, RunJournal &journal, const Tell &tell);
	std::unique_ptr<RowReader> OpenExecutor(CursorRead *cursor, int64_t most, RunJournal &journal);
	List *ListOf(const MappedQuery &query) const;

	RunInput &input_;
	const MappedQuery &query_;
	RowStore store_;
	std::optional<RowStore> raw_; // the source's own rows, where only SQL can do the rest
	std::optional<MappedQuery> over_raw_;
	int64_t rows_read_ = 0;
	int64_t bytes_read_ = 0;
	int64_t met_ = 0;
	bool cut_ = false;
};

// That the query can be planned over such rows, and what it reads may be read. Throws Error.
void CheckReshaped(const MappedQuery &reshaped, TupleDesc source_row, leaf::FetchSize fetch);

} // namespace sluice::engine
