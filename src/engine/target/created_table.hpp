// The table that a run makes for its rows: after the columns that it loads, and after what the source's catalog says of
// the table that they come from.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/load_plan.hpp"
#include "core/option_registry.hpp"
#include "core/own_columns.hpp"
#include "core/run_journal.hpp"
#include "engine/transform/mapped_query.hpp"
#include "engine/wire/declared_table.hpp"

namespace sluice::engine {

enum class IndexChoice { None, Keys, Source };

struct CreateOptions {
	IndexChoice indexes = IndexChoice::Keys;
	bool asked = false; // for these indexes: they are not a default
	LoadMode mode = LoadMode::Append;
	std::vector<std::string> keys; // by which rows are found: its primary key from the start
	// Of a history: its keys, and the column that says which version is current.
	std::vector<std::string> current_keys;
	std::string current;
	std::vector<OwnColumn> own; // that the load fills by itself, behind the source's
	// What the server knows.
	bool identity = true;
	bool nulls_equal = true; // NULLS NOT DISTINCT
};
// One of key_columns.
Error KeyNotLoaded(const std::string &key);
CreateOptions CreateOptionsOf(const OptionValues &options, LoadMode mode, const std::vector<std::string> &keys);

struct CreatedTable {
	std::string create;
	std::vector<std::string> comments; // run after it
	std::vector<std::string> indexes;  // run once the rows are there: built at once, not row by row
	std::vector<std::string> left_out; // what the source's table has and this one does not, and why
	bool has_key = false;
};

// types: as they are called where the table is; NULL: here.
CreatedTable PlanTable(const MappedQuery &query, const DeclaredTable &declared, const CreateOptions &options,
					   const std::string &qualified_name, const std::vector<std::string> *types = nullptr);

// The statement that gives a table its primary key, of columns as they are called.
std::string PrimaryKeyStatement(const std::string &qualified_name, const std::vector<std::string> &columns);

// Once the table is there.
void TellCreated(const CreatedTable &table, RunJournal &journal);
// Runs the statements of indexes, timed in the log. Throws Error.
void MakeIndexes(const std::vector<std::string> &statements, RunJournal &journal,
				 const std::function<void(const std::string &)> &run);

} // namespace sluice::engine
