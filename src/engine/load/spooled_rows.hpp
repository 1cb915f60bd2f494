// Rows as they came, kept in order until it is known which of them do not fit: in memory up to work_mem, then in a
// temporary file.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine {

class SpooledRows {
public:
	// The row type is copied: what gives the rows may end before them.
	explicit SpooledRows(TupleDesc row_type);
	TupleDesc RowType() const { return row_type_; }

	// Of those that rows were made of, by their positions.
	void Keep(const Batch *rows, const Batch *sources);
	// The row that was kept as that one, from 0; none that was kept before the one asked for last. Lives until the next
	// call.
	const TupleTableSlot *Find(int64_t row);
	// Of what was found last, in what the run read.
	int64_t Position() const;
	void Drop();

private:
	TupleDesc row_type_;
	TupleDesc kept_type_; // with the position behind the columns
	Tuplestorestate *rows_;
	TupleTableSlot *slot_;
	int64_t next_ = 0;
};

} // namespace sluice::engine
