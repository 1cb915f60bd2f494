// Rows that do not fit are put aside and the others go on (on_reject). What may fail is tried in a subtransaction that
// writes nothing, one for each batch (design rule 21); what fails in it is the row to blame, and it goes on behind it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/rejected_rows.hpp"
#include "core/run_journal.hpp"
#include "engine/rows/row_texts.hpp"
#include "engine/transform/projection.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

class WireSource;

// What a value, or a row beside others, is to blame for.
bool IsOfRow(const Error &error);

class Quarantine {
public:
	// unwelcome: columns of the source in which a row that is projected may have no value. write: puts into the table
	// what the journal has not written; count: of all, after each.
	Quarantine(RunJournal &journal, RejectLimit limit, std::vector<std::string> unwelcome, std::function<void()> write,
			   int64_t *count)
		: journal_(journal), limit_(limit), unwelcome_(std::move(unwelcome)), write_(std::move(write)), count_(count)
	{}

	// Appends the rows that can be read, with their positions; as WireSource::Fill.
	bool Fill(WireSource &source, Batch *batch);
	// As leaf::Project, with all that it takes to begin again.
	bool Project(leaf::Projection **projection, const leaf::AnalyzedQuery *analyzed, List *target_list,
				 TupleDesc source_row, Batch *in, Batch *out, int most);
	// A row that was read. Throws Error when there are too many.
	void Reject(const TupleTableSlot *row, TupleDesc row_type, int64_t position, const Error &error);
	// Whether so many more would be too many.
	bool IsTooMany(int64_t more) const { return limit_.IsExceeded(journal_.Rejected().Count() + more); }
	// All rows are read. Throws Error when too many of them were rejected.
	void End(int64_t rows_read) const;

private:
	void Add(int64_t position, const std::string &column, leaf::RowTexts *texts, const Error &error);
	[[noreturn]] void RaiseTooMany() const;

	RunJournal &journal_;
	RejectLimit limit_;
	std::vector<std::string> unwelcome_;
	std::function<void()> write_;
	int64_t *count_;
};

} // namespace sluice::engine
