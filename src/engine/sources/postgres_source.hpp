// A table or query of another PostgreSQL, read with binary COPY over libpq. A server (postgres_fdw) and
// its user mapping say where and as whom.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"
#include "core/run_journal.hpp"
#include "engine/batch.hpp"

namespace sluice::engine {

class PostgresSource {
public:
	// True when this server's FDW is postgres_fdw.
	static bool Handles(const ForeignServer &server);

	// Connects as the current user's mapping, pins the remote session, begins a READ ONLY transaction
	// there, finds the table or checks the query, and learns the row type. Throws Error.
	PostgresSource(const catalog::Pipeline &pipeline, RunJournal &journal);
	~PostgresSource();
	PostgresSource(const PostgresSource &) = delete;
	PostgresSource &operator=(const PostgresSource &) = delete;

	// Names and local types of all columns, in the source's order. Lives as long as the source.
	TupleDesc RowType() const;
	// True when the column's remote type has no safe binary form here: it travels as text and RowType
	// says text, whatever it is at the source. Such a column is cast explicitly to its destination.
	bool TravelsAsText(int attribute_index) const;
	// "public.orders" or "the query", for messages.
	const std::string &Label() const;

	// From now on only rows that fit this condition on "source", sent as it stands; compares_text: it is only right
	// where all collations are deterministic. Returns why the source cannot do it, or ''.
	std::string Filter(const std::string &condition, bool compares_text);

	// The statement that Start would send. needed[i]: whether column i is used at all.
	std::string CopyStatement(const std::vector<bool> &needed) const;
	void Start(const std::vector<bool> &needed);
	// Appends rows to an empty batch until it is full; false when there was none left to append. Columns that
	// are not needed are NULL. Errors carry the row's number and the column as context.
	bool Fill(Batch *batch);
	int64_t BytesRead() const;
	// Once started: the source's estimate; 0: unknown.
	int64_t RowsExpected() const;
	int64_t RowsRead() const;
	// Checks that the source ended cleanly and leaves it. Without it the destructor cancels the remote query.
	void Finish();

private:
	struct State;
	std::unique_ptr<State> state_;
};

} // namespace sluice::engine
