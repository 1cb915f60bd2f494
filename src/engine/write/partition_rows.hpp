// Where the rows of a destination are while a load is checked: those that it wrote, or all. A table without partitions
// is its only one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::engine {

class PartitionRows {
public:
	// With all_new the old rows do not count: they are about to go.
	PartitionRows(Oid table, bool all_new) : table_(table), all_new_(all_new) {}
	// What a transaction wrote into a partition: from that block on.
	struct Written {
		BlockNumber first_block;
		TransactionId transaction;
	};
	struct Part {
		Oid partition;
		Oid rows_in;					// the partition, or its future heap
		std::optional<Written> written; // nothing: all rows
	};

	void Add(Oid partition, Oid rows_in) { parts_.push_back({partition, rows_in, std::nullopt}); }
	void AddWritten(Oid partition, BlockNumber first_block, TransactionId transaction)
	{
		parts_.push_back({partition, partition, Written{first_block, transaction}});
	}
	const std::vector<Part> &Parts() const { return parts_; }
	Oid Table() const { return table_; }

	// Whether it is the table or a partition of it, at any level.
	bool Holds(Oid relation) const;
	// The columns of one of them, as an item of FROM.
	std::string FromItem(Oid relation, const std::string &columns, bool only_new) const;

private:
	Oid table_;
	bool all_new_;
	std::vector<Part> parts_;
};

} // namespace sluice::engine
