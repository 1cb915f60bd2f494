// Where the rows of a destination are while a load is checked: those that it wrote, or all. A table without partitions
// is its only one.
#pragma once

#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::engine {

class PartitionRows {
public:
	// With all_new the old rows do not count: they are about to go.
	PartitionRows(Oid table, bool all_new) : table_(table), all_new_(all_new) {}
	// All rows of a partition: in itself or in its future heap.
	void Add(Oid partition, Oid rows_in, std::string condition = "");
	// Its rows from that block on that the transaction wrote.
	void AddWritten(Oid partition, BlockNumber first_block, TransactionId transaction);

	// Whether it is the table or a partition of it, at any level.
	bool Holds(Oid relation) const;
	// The columns of one of them, as an item of FROM.
	std::string FromItem(Oid relation, const std::string &columns, bool only_new) const;

private:
	struct Part {
		Oid partition;
		Oid rows_in;
		std::string condition; // on a relation named `new`, or ''
	};
	Oid table_;
	bool all_new_;
	std::vector<Part> parts_;
};

} // namespace sluice::engine
