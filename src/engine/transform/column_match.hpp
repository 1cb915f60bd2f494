// A query's columns matched by name to a destination's, and the statements that follow from it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/run_journal.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

struct ColumnMatch {
	std::vector<int> source_of; // per attribute: column of the query, or -1: default, NULL or generated
	std::vector<bool> stamped;	// per attribute: whether load_columns gives it
	List *target_list = nullptr;
	std::vector<bool> checked; // per attribute: whether a value that would be changed is an error; empty: none is
	std::vector<std::string> unwelcome; // of the source: a row that has a value in one of these is put aside
};

// Throws Error: columns the destination lacks (42703), types that do not fit (42804), NOT NULL columns
// that get nothing (23502). Logs what is defaulted or passed over, unless journal is NULL.
ColumnMatch MatchColumns(const MappedQuery &query, Relation destination, RunJournal *journal);

// What matching has to know of a destination's column, wherever it is.
struct TargetColumn {
	std::string name;
	bool dropped = false;
	bool generated = false;
	bool needs_value = false; // may not be null, and nothing fills it later
	bool has_default = false;
};
std::vector<TargetColumn> TargetColumnsOf(Relation destination);
// Columns of the source that the destination does not have, when they have been matched.
std::vector<std::string> LeftOut(const MappedQuery &query, TupleDesc row_type);
std::vector<std::string> LeftOut(const MappedQuery &query, const std::set<std::string> &there);
// The same match for any destination: source_of, with the same errors and log lines.
std::vector<int> MatchNames(const MappedQuery &query, const std::vector<TargetColumn> &columns,
							const std::string &relation, RunJournal *journal);

// Throws 42804 where that column of the query is a time whose zone is not known: target is to be an instant.
void CheckZone(const MappedQuery &query, int column, const std::string &target, const std::string &relation);

// The column list of a table with the query's names and types, in parentheses. types: as they are called where the
// table is, NULL: here; constraints: what follows each of them, NULL: nothing.
std::string ColumnDefinitions(const MappedQuery &query, const std::vector<std::string> *types = nullptr,
							  const std::vector<std::string> *constraints = nullptr);

// INSERT INTO destination SELECT of the query.
std::string InsertStatement(const MappedQuery &query, const ColumnMatch &match, Relation destination,
							const std::string &qualified_name);

} // namespace sluice::engine
