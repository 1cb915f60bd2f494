// The workplace of a table of this database.
#pragma once

#include "engine/load/staged_rows.hpp"
#include "engine/load/workplace.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

class LocalWorkplace final : public Workplace {
public:
	// The destination's relation is open, and is closed here. keys: whose operators are looked up. rules: that staged
	// rows have to keep, see StagedRows.
	LocalWorkplace(Destination &destination, const std::vector<std::string> &keys, const ColumnMatch &match,
				   std::string rules);

	std::string Table() const override { return table_; }
	std::string TableOid() const override { return Format("{}", oid_); }
	std::vector<WorkColumn> Columns() const override { return columns_; }
	pg::SqlResult Run(const std::string &statement, const std::vector<pg::SqlValue> &parameters) override
	{
		return pg::Sql(statement, parameters, {});
	}
	std::string FreeTemporaryName(const char *wanted) override { return engine::FreeTemporaryName(wanted); }
	void Open(const std::string &columns) override { staged_.Open(columns, rules_); }
	ColumnMatch Expect(const MappedQuery &query) override { return MatchColumns(query, staged_.Table(), nullptr); }
	TupleDesc RowType() const override { return RelationGetDescr(staged_.Table()); }
	Relation Staging() const override { return staged_.Table(); }
	void Write(Batch *batch) override { staged_.Write(batch); }
	int64_t Close() override;
	const std::string &Staged() const override { return staged_.Name(); }
	void Drop() override { staged_.Drop(); }
	void TakeMemory(bool is_given) override;
	void FindRowsOneByOne() override;
	void GiveBack() override;

private:
	std::string table_;
	Oid const oid_;
	std::string const rules_;
	std::vector<WorkColumn> columns_;
	StagedRows staged_;
	int level_ = 0; // of settings
};

} // namespace sluice::engine
