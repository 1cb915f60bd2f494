// A table or query of another PostgreSQL, read with binary COPY over libpq. A server (postgres_fdw) and
// its user mapping say where and as whom.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/pipeline_store.hpp"
#include "catalog/run_store.hpp"
#include "core/run_journal.hpp"
#include "engine/sources/remote_source.hpp"

namespace sluice::engine {

class PostgresSource final : public RemoteSource {
public:
	// True when this server's FDW is postgres_fdw.
	static bool Handles(const ForeignServer &server);

	// Connects as the current user's mapping, pins the remote session, begins a READ ONLY transaction
	// there, finds the table or checks the query, and learns the row type. Throws Error.
	PostgresSource(const catalog::Pipeline &pipeline, RunJournal &journal);
	~PostgresSource() override;

	TupleDesc RowType() const override;
	// Columns whose remote type has no safe binary form here.
	bool TravelsAsText(int attribute_index) const override;
	const std::string &Label() const override;
	std::string Filter(const std::string &condition, bool compares_text) override;
	std::string RemoteStatement(const std::vector<bool> &needed) const override;
	void Start(const std::vector<bool> &needed) override;
	bool Fill(Batch *batch) override;
	int64_t BytesRead() const override;
	int64_t RowsRead() const override;
	int64_t RowsExpected() const override;
	void Finish() override;

private:
	struct State;
	std::unique_ptr<State> state_;
};

} // namespace sluice::engine
