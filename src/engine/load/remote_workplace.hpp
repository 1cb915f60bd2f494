// The workplace of a table at a destination server: a temporary table in the transaction there, filled by COPY, and
// statements of the remote role's.
#pragma once

#include "engine/load/remote_rows.hpp"
#include "engine/load/workplace.hpp"
#include "engine/source/cursor_range.hpp"

namespace sluice::engine {

class RemoteWorkplace final : public Workplace {
public:
	// The destination is prepared. keys: whose operators are looked up. cursor: of what is staged behind the columns;
	// NULL: nothing. alone: other writers are kept out from Open on.
	RemoteWorkplace(RemoteDestination &destination, const std::vector<std::string> &keys, const CursorColumn *cursor,
					bool alone);

	std::string Table() const override { return destination_.Table(); }
	std::string TableOid() const override { return destination_.RelationOid(); }
	std::vector<WorkColumn> Columns() const override { return columns_; }
	pg::SqlResult Run(const std::string &statement, const std::vector<pg::SqlValue> &parameters) override
	{
		return destination_.Exec(statement, parameters);
	}
	std::string FreeTemporaryName(const char *wanted) override;
	void Open(const std::string &columns) override;
	ColumnMatch Expect(const MappedQuery &query) override;
	TupleDesc RowType() const override { return shape_.row_type; }
	void Write(Batch *batch) override { rows_.Write(batch); }
	int64_t Close() override { return rows_.End(); }
	const std::string &Staged() const override { return staged_; }
	void Drop() override;
	void TakeMemory(bool is_given) override;
	void FindRowsOneByOne() override;
	void GiveBack() override;

private:
	void Set(const char *name, const std::string &value);

	RemoteDestination &destination_;
	const CursorColumn *const cursor_;
	bool const alone_;
	std::vector<WorkColumn> columns_;
	std::string staged_;
	RemoteShape shape_;
	RemoteRows rows_;
	std::vector<std::pair<std::string, std::string>> settings_; // as they were
};

} // namespace sluice::engine
