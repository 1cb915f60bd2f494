// A table behind any FDW: a foreign table that exists here, or one imported into pg_temp for the run.
#pragma once

#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/run_journal.hpp"
#include "engine/source/foreign/fetch_size.hpp"

namespace sluice::engine {

// The server's OID, checked: it exists (42704) and the role has USAGE (42501).
Oid CheckServer(const std::string &server, Oid role);

// What can be said of a definition without connecting. Throws 0A000 and 42P01 with hints. Also for servers
// that a source of our own reads.
void CheckForeignSource(const catalog::Pipeline &pipeline, Oid server);

class ForeignRelation {
public:
	// Finds the table, importing it where it must be; throws 42P01 with what could have been meant.
	ForeignRelation(const catalog::Pipeline &pipeline, Oid server, leaf::FetchSize fetch, RunJournal &journal);

	// Qualified, for FROM.
	const std::string &Name() const { return name_; }
	// Drops what was imported; an error's abort does the same.
	void Finish();

	// The local foreign table of this server that the pipeline names, or ''.
	static std::string FindLocal(const std::string &source_table, Oid server);

private:
	// Makes the wrapper fetch many rows at a time, where it is known how.
	void Tune(Oid server, leaf::FetchSize fetch, RunJournal &journal) const;
	void Import(const std::string &server_name, const std::string &schema, const std::string &table);

	std::string name_;
	bool imported_ = false;
};

} // namespace sluice::engine
