// Where a load by keys stages its rows and runs its statements: the session of the table that it loads, which is this
// one or that at a destination server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/rows/batch.hpp"
#include "engine/target/work_column.hpp"
#include "engine/transform/column_match.hpp"
#include "pg/sql.hpp"

namespace sluice::engine {

class Workplace {
public:
	Workplace() = default;
	virtual ~Workplace() = default;
	Workplace(const Workplace &) = delete;
	Workplace &operator=(const Workplace &) = delete;

	// Qualified.
	virtual std::string Table() const = 0;
	// Its OID there.
	virtual std::string TableOid() const = 0;
	virtual std::vector<WorkColumn> Columns() const = 0;

	virtual pg::SqlResult Run(const std::string &statement, const std::vector<pg::SqlValue> &parameters = {}) = 0;
	// Of a temporary table that is to be made, qualified: the session may have tables of its own.
	virtual std::string FreeTemporaryName(const char *wanted) = 0;

	// Rows are staged in a temporary table with these columns: "(a integer, b text)". Throws.
	virtual void Open(const std::string &columns) = 0;
	// Once: the query whose columns, or some of them, are staged; and the row type in which its rows are written.
	virtual ColumnMatch Expect(const MappedQuery &query) = 0;
	virtual TupleDesc RowType() const = 0;
	// The staging table, until Close; NULL: it is at another server.
	virtual Relation Staging() const { return nullptr; }
	virtual void Write(Batch *batch) = 0;
	// From now on statements see them. Returns how many there are.
	virtual int64_t Close() = 0;
	virtual const std::string &Staged() const = 0;
	// The staged rows are of no use any more.
	virtual void Drop() = 0;

	// Until GiveBack, a hash of the staged rows has what a run may take. is_given: by the user.
	virtual void TakeMemory(bool is_given) = 0;
	// Until GiveBack, no plan reads a whole table to find a few rows of it.
	virtual void FindRowsOneByOne() = 0;
	virtual void GiveBack() = 0;
};

} // namespace sluice::engine
