// The columns of a destination that a query feeds, wherever the destination is and before there is one, and the rules
// that rows of them keep: what a look at rows needs of a load.
#pragma once

#include <vector>

#include "engine/load/evolve.hpp"
#include "engine/rows/row_json.hpp"
#include "engine/target/destination.hpp"

namespace sluice::engine {

class FedColumns {
public:
	// change: what a run would alter before. Takes ACCESS SHARE for a moment: who reads rows must not keep a run from
	// the destination. Throws what a run would say of columns that do not fit.
	FedColumns(const MappedQuery &query, const Destination &destination, const Evolution &change);

	// Of the rows that are read: the destination's columns and those that would be added.
	TupleDesc RowType() const { return row_type_; }
	// What computes them from the query, or from another one with the same columns.
	List *TargetList(const MappedQuery &query) const;
	// Those that the query feeds.
	leaf::ShownColumns Shown() const { return {shown_, fed_.data()}; }
	// As the match's.
	const std::vector<std::string> &Unwelcome() const { return unwelcome_; }
	// What a row is to be checked by; NULL: it is not known here.
	Relation Rules() const { return rules_; }

private:
	void Describe(const MappedQuery &query, Relation table, const Evolution &change);
	void FindUnsure(Relation table, bool by_keys, bool foreseeable);
	void FindRules(const Destination &destination, const Evolution &change);

	TupleDesc row_type_ = nullptr;
	std::vector<int> source_of_; // per attribute of it: column of the query, or -1
	std::vector<int> fed_;		 // attributes
	TupleDesc shown_ = nullptr;
	std::vector<std::string> unwelcome_;
	Relation table_ = nullptr; // a copy of what is known of it
	Relation rules_ = nullptr;
	std::vector<char> unsure_; // per attribute: only the write tells what it holds
};

} // namespace sluice::engine
