// Where a pipeline's rows come from: what all sources have in common. Which there are drivers.hpp tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "catalog/pipeline_store.hpp"
#include "core/option_registry.hpp"
#include "core/run_journal.hpp"
#include "engine/source/fetch_size.hpp"
#include "engine/source/late_rows.hpp"
#include "engine/source/source_snapshot.hpp"
#include "engine/transform/mapped_query.hpp"
#include "engine/wire/declared_table.hpp"

namespace sluice::engine {

class ContinuousSource;
class DivisibleSource;
class OrderedSource;
class WireSource;

class Source {
public:
	Source() = default;
	virtual ~Source() = default;
	Source(const Source &) = delete;
	Source &operator=(const Source &) = delete;

	// For messages: "public.orders of server "x"".
	virtual std::string Label() const = 0;
	// What is mapped: a FROM item, or rows that come over the wire.
	virtual void Describe(MappingInput *mapping) const = 0;
	// For a destination that is made after it: what its catalog says, where it is a table and that can be known. Asked
	// before it is started.
	virtual DeclaredTable Declared() { return {}; }
	// When its snapshot was taken, by its own clock: a timestamp with an offset. Nothing: it does not tell. Asked
	// before it is started.
	virtual std::optional<std::string> Instant() { return std::nullopt; }
	// Rows come over a connection of our own, from here; NULL: the executor reads the FROM item.
	virtual WireSource *Wire() { return nullptr; }
	// Several connections can each read a part of the rows, as one snapshot shows them; NULL: they cannot.
	virtual DivisibleSource *Divisible() { return nullptr; }
	// It goes on, chunk by chunk, when the rows that are there have been read; NULL: it does not.
	virtual ContinuousSource *Continuous() { return nullptr; }
	// It can be asked for a range of a column's values; NULL: it cannot, unless the executor reads it.
	virtual OrderedSource *Ordered() { return nullptr; }
	// Which transactions are open there, asked before the snapshot that is read; with the option late_rows.
	virtual OpenTransactions Open() { return {"it is no PostgreSQL that is read directly"}; }
	// The one that is read, or one before it; with the option late_rows => 'xmin'.
	virtual SourceSnapshot Snapshot()
	{
		SourceSnapshot none;
		none.why_not = Label() + " is no PostgreSQL that is read directly";
		return none;
	}
	// The executor's reader may end too early without a word: counts the rows before and after.
	virtual bool CountsRows() const { return false; }
	virtual void CountBefore(const MappedQuery & /*query*/, RunJournal & /*journal*/) {}
	// After so many rows. Leaves nothing behind. Throws Error 08006 when rows are missing.
	virtual void Leave(int64_t /*rows*/) {}
};

struct Wrapper;
struct SourceSlice;

// What a source is opened with.
struct SourceRequest {
	const catalog::Pipeline &pipeline;
	const OptionValues &options;
	const ForeignServer &server;
	const Wrapper &wrapper; // of the server
	leaf::FetchSize fetch;
	RunJournal &journal;
	const SourceSlice *slice; // a part of the rows; NULL: all
};

} // namespace sluice::engine
