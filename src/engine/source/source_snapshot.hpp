// The snapshot that a PostgreSQL is read with, for the option late_rows => 'xmin': rows that its snapshot did not show
// are of transactions from its xmin on, which the next run reads again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

struct SourceSnapshot {
	std::string why_not; // the source's rows do not tell which transaction wrote them; '': the rest is known
	int64_t xmin = 0;	 // of 64 bits
	int64_t xmax = 0;
	std::string cluster; // and its timeline; '': it does not tell
};

// Where a question is asked that may fail.
using TryToAsk = std::function<void(const std::function<void()> &question)>;
// Of a table with that OID, '' for a query; asked no later than the snapshot that is read. Throws Error.
SourceSnapshot ReadSourceSnapshot(const AskServer &ask, const TryToAsk &try_to, const std::string &table);

// Where it is kept: beside the rows that are remembered, as JSON.
std::optional<SourceSnapshot> StoredSnapshot(const std::string &json);
std::string StoreSnapshot(const std::optional<std::string> &json, const SourceSnapshot &snapshot);

// Rows of "source" that have come since.
std::string SinceSnapshot(const SourceSnapshot &snapshot);

} // namespace sluice::engine
