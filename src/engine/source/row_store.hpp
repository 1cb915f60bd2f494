// Rows of a source kept as a whole outside any table, in memory and then in a temporary file, for a query that calls
// them source. What a run stages in a temporary table can so be computed where none may be made: in a read-only
// transaction or a security-restricted operation.
#pragma once

#include "engine/source/executor_scan.hpp"
#include "engine/source/known_rows.hpp"
#include "engine/source/wire_source.hpp"

namespace sluice::engine {

class RowStore {
public:
	// Reads the source to its end. In the current memory context. known: rows that are left out; NULL: none.
	RowStore(WireSource &source, KnownRows *known);

	// For a scan over them.
	leaf::ScanScope Scope(int64_t most_rows) const { return {most_rows, rows_, row_type_}; }
	void Drop();

private:
	TupleDesc row_type_;
	Tuplestorestate *rows_;
};

} // namespace sluice::engine
