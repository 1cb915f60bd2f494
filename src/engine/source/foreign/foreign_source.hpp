// A table behind any FDW, read by the executor: a foreign table that exists here, or one imported into pg_temp for the
// run.
#pragma once

#include <string>

#include "engine/source/source.hpp"
#include "engine/source/wrapper.hpp"

namespace sluice::engine {

// What can be said of a definition without connecting. Throws 0A000 and 42P01 with hints.
void CheckForeignSource(const catalog::Pipeline &pipeline, const ForeignServer &server);

// The pipeline's source_table is a foreign table of this database that belongs to the server.
bool IsForeignTable(const catalog::Pipeline &pipeline, const ForeignServer &server);

class ForeignSource final : public Source {
public:
	// Finds the table, importing it where it must be; throws 42P01 with what could have been meant.
	explicit ForeignSource(const SourceRequest &request);

	std::string Label() const override { return label_; }
	void Describe(MappingInput *mapping) const override { mapping->from = name_; }
	bool CountsRows() const override { return wrapper_.loses_rows != nullptr; }
	void CountBefore(const MappedQuery &query, RunJournal &journal) override;
	// Drops what was imported; an error's abort does the same.
	void Leave(int64_t rows) override;

private:
	void Find(const SourceRequest &request);
	// Makes the wrapper fetch many rows at a time, where it is known how.
	void Tune(const SourceRequest &request) const;
	void Import(const std::string &server_name, const std::string &schema, const std::string &table);

	const Wrapper &wrapper_;
	std::string name_; // qualified, for FROM
	std::string label_;
	bool imported_ = false;
	std::string count_query_;
	int64_t count_before_ = 0;
};

} // namespace sluice::engine
