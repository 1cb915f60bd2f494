// What a source is asked about its cursor, whether it is read over a connection or by the executor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/source/cursor_range.hpp"
#include "engine/source/run_input.hpp"

namespace sluice::engine {

class CursorSource {
public:
	// Throws Error where that column cannot be a cursor.
	CursorSource(const std::string &cursor, RunInput &input);

	const CursorColumn &Column() const { return column_; }
	// Of all columns, with types, as they are stored.
	const std::vector<std::string> &Described() const { return described_; }
	int Position() const { return position_; } // of the cursor among them

	// Of all rows, whatever the filter.
	std::optional<std::string> Greatest() const;
	std::optional<std::string> PartEnd(const CursorPart &part) const;
	// Of the rows that the filter leaves.
	bool HasNull() const;
	void ReadRange(const CursorRange &range);
	// How the executor gives all columns, behind the query's own: more of a select list.
	std::string HiddenColumns() const;

private:
	RunInput &input_;
	CursorColumn column_{};
	std::vector<std::string> names_;
	std::vector<std::string> described_;
	int position_ = -1;
};

} // namespace sluice::engine
