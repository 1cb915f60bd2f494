// A table or query of another PostgreSQL, read with binary COPY over libpq. A server (postgres_fdw) and
// its user mapping say where and as whom.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"
#include "core/run_journal.hpp"
#include "engine/source/wire_source.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// A part of what the pipeline reads, or of one of the tables that its table consists of.
struct SourceSpan {
	std::string relation;  // quoted and qualified, that table alone; '': what the pipeline reads
	std::string condition; // SQL; '': all of it
};

// Some of the source's rows, as a snapshot that another connection holds there shows them.
struct SourceSlice {
	std::string snapshot;
	std::vector<SourceSpan> spans;
};

class PostgresSource final : public WireSource {
public:
	// True when this server's FDW is postgres_fdw.
	static bool Handles(const ForeignServer &server);

	// Connects as the current user's mapping, pins the remote session, begins a READ ONLY transaction
	// there, finds the table or checks the query, and learns the row type. Throws Error.
	// With a slice it reads that alone.
	PostgresSource(const catalog::Pipeline &pipeline, RunJournal &journal, const SourceSlice *slice = nullptr);
	~PostgresSource() override;

	TupleDesc RowType() const override;
	// Columns whose remote type has no safe binary form here.
	bool TravelsAsText(int attribute_index) const override;
	const std::vector<ColumnMeaning> &Meaning() const override;
	const std::string &Label() const override;
	std::string Filter(const std::string &condition, bool compares_text) override;
	// With the search_path that its user has there, under which the operators of the types are to be found.
	std::string FilterAsThere(const std::string &condition) override;
	std::string RemoteStatement(const std::vector<bool> &needed) const override;
	void Start(const std::vector<bool> &needed) override;
	bool Fill(Batch *batch) override;
	int64_t BytesRead() const override;
	int64_t RowsRead() const override;
	int64_t RowsExpected() const override;
	void Finish() override;

	// With a slice: the next Start reads these.
	void Restrict(const std::vector<SourceSpan> &spans);
	// What is read and how its columns are, to see that two connections mean the same.
	std::string Shape() const;
	// To ask it more, before Start and in the same snapshot.
	pg::RemoteConnection &Connection() const;
	// The table, quoted and qualified; '' when the source is a query.
	const std::string &Relation() const;
	// What the pipeline reads: a FROM item; and with the condition that the source applies.
	const std::string &From() const;
	std::string Body() const;
	// The planner's estimate, with these columns.
	struct Estimate {
		int64_t rows = 0;
		int64_t bytes = 0;
		bool reads_elsewhere = false; // foreign tables: no snapshot of this server is theirs
	};
	Estimate EstimateSize(const char *columns) const;
	// Other connections may read what this one sees, until Finish.
	std::string ExportSnapshot();
	// That it is still there, for a connection that nothing is read through.
	void KeepAlive();

private:
	struct State;
	std::unique_ptr<State> state_;
};

} // namespace sluice::engine
