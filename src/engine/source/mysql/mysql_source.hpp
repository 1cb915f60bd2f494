// A table or query of MySQL or MariaDB, read in the binary protocol. A server (mysql_fdw) and its
// user mapping say where and as whom.
#pragma once

#include <memory>

#include "engine/source/cursor_range.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

// Of the driver.
void CheckMysqlSource(const catalog::Pipeline &pipeline, const ForeignServer &server);
std::unique_ptr<Source> OpenMysqlSource(const SourceRequest &request);
std::string ReachMysqlSource(const ForeignServer &server, const OptionValues &options);
std::string WhyNotMysqlSource(const catalog::Pipeline &pipeline, const ForeignServer &server);

struct MysqlSourceState;

class MysqlSource final : public WireSource, public OrderedSource {
public:
	// Connects as the current user's mapping, begins a READ ONLY transaction with one snapshot there, finds the table
	// or checks the query, and learns the row type. Throws Error.
	explicit MysqlSource(const SourceRequest &request);
	~MysqlSource() override;

	std::string Label() const override;
	DeclaredTable Declared() override;
	OrderedSource *Ordered() override { return this; }
	TupleDesc RowType() const override;
	bool TravelsAsText(int attribute_index) const override;
	const std::vector<ColumnMeaning> &Meaning() const override;
	std::string Filter(const std::string &condition, bool compares_text) override;
	std::string FilterAsThere(const std::string &condition) override;
	void LimitTo(int64_t rows) override;
	std::optional<int64_t> CountRows() override;
	std::string RemoteStatement(const std::vector<bool> &needed) const override;
	void Start(const std::vector<bool> &needed) override;
	bool Fill(Batch *batch) override;
	bool SkipBadRow(BadRow *row) override;
	int64_t BytesRead() const override;
	int64_t RowsRead() const override;
	int64_t RowsExpected() const override;
	void Finish() override;

	std::string WhyNoCursor(const CursorColumn &column) const override;
	std::optional<std::string> Instant() override;
	std::optional<std::string> Greatest(const CursorColumn &column) override;
	std::optional<std::string> PartEnd(const CursorColumn &column, const CursorPart &part) override;
	bool HasNull(const CursorColumn &column) override;
	void ReadRange(const CursorColumn &column, const CursorRange &range) override;

private:
	std::unique_ptr<MysqlSourceState> state_;
};

} // namespace sluice::engine
