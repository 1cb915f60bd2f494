// The source of one run, of whichever kind: a PostgreSQL or MySQL server, another wrapper's table, or this database.
// A new kind of source is a new file here and one branch in run_input.cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "engine/source/foreign/foreign_relation.hpp"
#include "engine/source/wire_source.hpp"
#include "engine/transform/mapped_query.hpp"

namespace sluice::engine {

class PostgresSource;
struct SourceSlice;

class RunInput {
public:
	// Connects where there is something to connect to. Throws Error.
	// With a slice, that part of a PostgreSQL server's table alone.
	RunInput(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
			 const SourceSlice *slice = nullptr);

	// Rows come over the wire from here; NULL when the executor reads them.
	WireSource *Remote() const { return remote_.get(); }
	// The same when it is another PostgreSQL, else NULL.
	PostgresSource *Postgres() const { return postgres_; }
	const MappingInput &Mapping() const { return mapping_; }
	// Of foreign data wrappers.
	leaf::FetchSize Fetch() const { return fetch_; }
	// For messages: "table public.orders".
	const std::string &Label() const { return label_; }
	// What has to be seen to where a query reads foreign tables. Throws Error.
	void CheckTables(const MappedQuery &query, RunJournal &journal) const;
	// Where the reader may end too early without a word: how many rows there are.
	void CountBefore(const MappedQuery &query, RunJournal &journal);
	// After so many rows. Leaves nothing behind. Throws Error 08006 when rows are missing.
	void Finish(int64_t rows);

private:
	std::unique_ptr<WireSource> remote_;
	PostgresSource *postgres_ = nullptr;
	std::optional<ForeignRelation> foreign_;
	leaf::FetchSize fetch_{};
	MappingInput mapping_;
	std::string label_;
	bool counts_ = false;
	std::string count_query_;
	int64_t count_before_ = 0;
};

// "source_query" as a FROM item; throws 42601 unless it is one SELECT.
std::string QueryAsFromItem(const std::string &query);
// The qualified name of a relation of this database that can be read; throws 42P01 and 42809.
std::string LocalRelation(const std::string &source_table);

} // namespace sluice::engine
