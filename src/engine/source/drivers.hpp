// The sources there are, one table: who reads which foreign data wrapper's servers. drivers.cpp is the only file that
// knows wrappers by their names.
#pragma once

#include <memory>
#include <string>

#include "engine/source/source.hpp"
#include "engine/source/table_listing.hpp"
#include "engine/source/wrapper.hpp"

namespace sluice::engine {

struct Driver {
	Wrapper wrapper;
	// What can be said of a definition without connecting. Throws Error.
	void (*check)(const catalog::Pipeline &pipeline, const ForeignServer &server);
	std::unique_ptr<Source> (*open)(const SourceRequest &request);
	// Why the executor reads this server through the wrapper after all; '': it does not. NULL: it never does, and
	// source_table is never the name of a foreign table of this database.
	std::string (*why_not)(const catalog::Pipeline &pipeline, const ForeignServer &server);
	// Connects, and says what of; throws Error. NULL: only reading shows whether it can be reached.
	std::string (*reach)(const ForeignServer &server, const OptionValues &options) = nullptr;
	// Its sources can go on when they have read what is there: see continuous_source.hpp.
	bool continuous = false;
	// What server and user mapping lack for a connection as that role. Throws Error. NULL: it connects by itself.
	void (*check_login)(const ForeignServer &server, Oid role) = nullptr;
	// Connects, and lists the tables; throws Error. NULL: it cannot.
	std::unique_ptr<TableListing> (*list)(const ForeignServer &server, const OptionValues &options) = nullptr;
};

// A rendezvous variable: where another library that the server has loaded may put a driver (const Driver *).
// test/module does, to prove that a source needs no more than this table and its own files.
inline constexpr const char *kAddedDriver = "pg_sluice.driver";

// Connects where there is something to connect to, and tells the journal who reads. Throws Error.
std::unique_ptr<Source> OpenSource(const catalog::Pipeline &pipeline, const OptionValues &options, RunJournal &journal,
								   const SourceSlice *slice);
// What create and alter check of a source at a server, for the pipeline's owner. Throws Error.
void CheckSource(const catalog::Pipeline &pipeline, Oid role);
// Connects to the source's server, and says what of. Nothing: that is seen when the executor reads. Throws Error.
std::optional<std::string> ReachSource(const catalog::Pipeline &pipeline, const OptionValues &options);
// Connects to the source's server, to list its tables. Throws Error.
std::unique_ptr<TableListing> ListSource(const catalog::Pipeline &pipeline, const OptionValues &options);
// For mode 'realtime'.
bool IsContinuous(const catalog::Pipeline &pipeline, Oid role);
// A run would import the source's table as a temporary foreign table.
bool ImportsTable(const catalog::Pipeline &pipeline);
// Rows come over a connection of our own.
bool IsReadOverWire(const catalog::Pipeline &pipeline);
// source_table may name a foreign table of this database that belongs to the server.
bool MayNameForeignTable(const ForeignServer &server);

// How many rows the executor's reader fetches at a time from wrappers that are known.
leaf::FetchSize WantedFetch(const OptionValues &options);

// Sees to the foreign tables that a query reads. Returns a wrapper among theirs that may lose rows, or NULL. Throws
// Error.
const Wrapper *CheckTablesRead(const MappedQuery &query, Oid role);
// Sees to the table that a load writes, of whatever kind. Throws Error.
void CheckTableWritten(Oid table, const ColumnMatch &match);

} // namespace sluice::engine
