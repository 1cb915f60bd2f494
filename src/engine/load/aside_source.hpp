// Where the rows come from that a load may put aside (on_reject): the source, whose rows are projected one by one also
// where the executor reads them; or what earlier runs have put aside, once more.
#pragma once

#include "engine/load/load_request.hpp"
#include "engine/source/rejected_source.hpp"
#include "engine/source/scanned_source.hpp"

namespace sluice::engine {

class AsideSource {
public:
	// Planned and started at once: before anything is written, where it reads the destination. Throws Error where the
	// columns cannot be computed row by row.
	explicit AsideSource(const LoadRequest &request);

	WireSource &Rows();
	// The pipeline's columns over these rows.
	const MappedQuery &Query();
	// Whether that is another query than the request's, and needs a match of its own.
	bool IsScanned() const { return scanned_.has_value(); }
	// The same for a table that has the columns that are loaded and no others, behind them the cursor; NULL: without.
	MappedQuery StagedQuery(const CursorColumn *cursor) const;
	// All are read.
	void Finish();

private:
	const LoadRequest &request_;
	std::optional<ScannedSource> scanned_;
	std::optional<RejectedSource> rejected_;
	std::optional<MappedQuery> over_rows_;
};

} // namespace sluice::engine
