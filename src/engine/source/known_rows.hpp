// Rows that a read by a cursor meets again: those at the watermark, or behind it within the lag. They are recognized by
// a hash of all their columns, as often as they were there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/source/cursor_range.hpp"
#include "engine/source/row_hash.hpp"

namespace sluice::engine {

// By how many copies each.
using RowCounts = std::map<std::string, int64_t>;

class KnownRows {
public:
	// More than that is a file of its own.
	static constexpr size_t kMostRows = 10'000;

	// As stored: which columns the hashes are of, and from which value on all rows are among them.
	struct Stored {
		std::vector<std::string> columns; // "name type"
		std::string from;
		std::optional<std::string> to; // up to which rows are loaded, where that is beyond the watermark
		RowCounts rows;
		RowCounts nulls; // without a value of the cursor; they stay known while runs do not read them
	};

	static std::optional<Stored> Read(const std::string &json);
	// The same of rows that are not remembered.
	static std::optional<std::string> LoadedTo(const std::string &json);
	static std::string WriteLoadedTo(const std::string &to);
	static std::string Write(const Stored &stored);

	// reads_nulls: rows without a value are read. columns: "name type" of the source's, whose values are from first on
	// in each row. met_to, kept_from: nothing where no row is one, or all are.
	KnownRows(const CursorColumn &cursor, std::vector<std::string> columns, int cursor_position,
			  const std::optional<Stored> &stored, const std::optional<std::string> &met_to,
			  const std::optional<std::string> &kept_from, bool reads_nulls);

	// Nothing is known of the rows that an earlier run may have loaded: all of them are taken out.
	void TakeForLoaded() { takes_for_loaded_ = true; }
	// Before the first batch: the columns begin at this attribute of its rows.
	void BeginAt(int first_attribute, TupleDesc row_type);
	// Takes the rows out that were loaded before. Throws Error 54000 where there are too many to remember.
	void Sift(Batch *batch);

	// Rows that were taken out.
	int64_t Met() const { return met_rows_; }
	// What the next run is to know.
	Stored Kept(const std::optional<std::string> &loaded_to) const;
	const std::vector<std::string> &Columns() const { return columns_; }

private:
	CursorColumn const cursor_;
	std::vector<std::string> columns_;
	int cursor_position_;
	std::vector<std::string> met_columns_;
	RowCounts met_;
	std::optional<std::string> met_to_;
	std::optional<std::string> kept_from_;
	RowCounts kept_;
	RowCounts kept_nulls_;
	bool takes_for_loaded_ = false;
	int64_t met_rows_ = 0;
	leaf::MarkPlan plan_{};
	std::vector<leaf::HashedColumn> met_hashed_;
	std::vector<leaf::HashedColumn> kept_hashed_;
	std::vector<leaf::RowMark> marks_;
};

} // namespace sluice::engine
