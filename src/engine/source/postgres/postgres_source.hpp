// A table or query of another PostgreSQL, read with binary COPY over libpq. A server (postgres_fdw) and
// its user mapping say where and as whom.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/source/cursor_range.hpp"
#include "engine/source/divisible_source.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

// Of the driver.
std::unique_ptr<Source> OpenPostgresSource(const SourceRequest &request);

struct PostgresSourceState;

class PostgresSource final : public WireSource, public DivisibleSource, public OrderedSource {
public:
	// Connects as the current user's mapping, pins the remote session, begins a READ ONLY transaction
	// there, finds the table or checks the query, and learns the row type. Throws Error.
	// With a slice it reads that alone.
	explicit PostgresSource(const SourceRequest &request);
	~PostgresSource() override;

	std::string Label() const override;
	DeclaredTable Declared() override;
	OpenTransactions Open() override;
	SourceSnapshot Snapshot() override;
	std::optional<std::string> Instant() override;
	DivisibleSource *Divisible() override { return this; }
	OrderedSource *Ordered() override { return this; }
	TupleDesc RowType() const override;
	// Columns whose remote type has no safe binary form here.
	bool TravelsAsText(int attribute_index) const override;
	const std::vector<ColumnMeaning> &Meaning() const override;
	std::string Filter(const std::string &condition, bool compares_text) override;
	// With the search_path that its user has there, under which the operators of the types are to be found.
	std::string FilterAsThere(const std::string &condition) override;
	void LimitTo(int64_t rows) override;
	void CheckReadable(const std::vector<bool> &needed) override;
	std::optional<int64_t> CountRows() override;
	std::string RemoteStatement(const std::vector<bool> &needed) const override;
	void Start(const std::vector<bool> &needed) override;
	bool Fill(Batch *batch) override;
	bool SkipBadRow(BadRow *row) override;
	int64_t BytesRead() const override;
	int64_t RowsRead() const override;
	int64_t RowsExpected() const override;
	void Finish() override;

	std::unique_ptr<SourceCut> Cut(const std::string &key) override;
	std::string ExportSnapshot() override;
	void Restrict(const std::vector<SourceSpan> &spans) override;
	std::string Shape() const override;
	void KeepAlive() override;
	bool IsBroken() const override;
	void Reconnect() override;

	std::string WhyNoCursor(const CursorColumn & /*column*/) const override { return {}; }
	std::optional<std::string> Greatest(const CursorColumn &column) override;
	std::optional<std::string> PartEnd(const CursorColumn &column, const CursorPart &part) override;
	bool HasNull(const CursorColumn &column) override;
	void ReadRange(const CursorColumn &column, const CursorRange &range) override;

private:
	SourceRequest request_;
	std::unique_ptr<PostgresSourceState> state_;
};

} // namespace sluice::engine
