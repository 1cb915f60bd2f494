// Where the rows of a partitioned destination are while a load is checked: those that it wrote, or all.
#pragma once

#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::engine {

class PartitionRows {
public:
	// With all_new the old rows do not count: they are about to go.
	PartitionRows(Oid table, bool all_new) : table_(table), all_new_(all_new) {}
	// New rows of a partition: in itself or in its future heap; a condition on a relation named `new`, or ''.
	void Add(Oid partition, Oid rows_in, std::string condition);

	// Whether it is the table or a partition of it, at any level.
	bool Holds(Oid relation) const;
	// The columns of one of them, as an item of FROM.
	std::string FromItem(Oid relation, const std::string &columns, bool only_new) const;

private:
	struct Part {
		Oid partition;
		Oid rows_in;
		std::string condition;
	};
	Oid table_;
	bool all_new_;
	std::vector<Part> parts_;
};

} // namespace sluice::engine
