// Rows loaded by SQL: staged in a temporary table, unless the query reads them here and now, and then put into the
// destination by statements: DELETE where it is replaced, INSERT ... SELECT. Triggers, rules, policies, views and
// foreign tables see what they see of any INSERT.
#pragma once

#include <optional>
#include <string>

#include "core/run_journal.hpp"
#include "engine/load/load.hpp"
#include "engine/load/staged_rows.hpp"
#include "engine/target/destination.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

// What is made of rows that are staged.
struct StagedInput {
	std::string columns;  // of the table, "(a integer, b text)"
	MappingInput mapping; // from that table, whose name is put in
};

// Of a replace; returns how many there were.
uint64_t DeleteOldRows(const Destination &destination, RunJournal &journal);

class StatementLoad final : public Load {
public:
	// Closes the destination's relation. Without staged input nothing is written: the rows are those of the query.
	StatementLoad(Destination &destination, const MappedQuery &query, const ColumnMatch &match,
				  std::optional<StagedInput> staged, RunJournal &journal)
		: destination_(destination), query_(query), match_(match), input_(std::move(staged)), journal_(journal)
	{}
	void Open() override;
	void Write(Batch *batch) override { staged_.Write(batch); }
	bool TakesRowsAway() override;
	LoadCounts Finish() override;

private:
	Destination &destination_;
	const MappedQuery &query_;
	const ColumnMatch &match_;
	std::optional<StagedInput> input_;
	RunJournal &journal_;
	StagedRows staged_;
	std::optional<uint64_t> deleted_;
};

} // namespace sluice::engine
