// A source whose rows come over a connection of our own, whatever its protocol.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/rows/batch.hpp"
#include "engine/source/bad_row.hpp"
#include "engine/source/source.hpp"

namespace sluice::engine {

class WireSource : public Source {
public:
	void Describe(MappingInput *mapping) const final
	{
		mapping->source_row = RowType();
		for (int i = 0; i < mapping->source_row->natts; ++i) {
			mapping->travels_as_text.push_back(TravelsAsText(i));
		}
		mapping->meaning = Meaning();
	}
	WireSource *Wire() final { return this; }
	// These columns are asked for by nobody.
	void LeaveUnread(const std::set<std::string> &unread) { unread_ = unread; }
	// Whether each column may be asked for.
	std::vector<bool> Readable() const
	{
		std::vector<bool> readable(RowType()->natts);
		for (int i = 0; i < RowType()->natts; ++i) {
			readable[i] = !unread_.contains(NameStr(TupleDescAttr(RowType(), i)->attname));
		}
		return readable;
	}

	// Names and local types of all columns, in the source's order. Lives as long as the source.
	virtual TupleDesc RowType() const = 0;
	// True when the column is text here only because its own type has no counterpart: it is cast explicitly to its
	// destination.
	virtual bool TravelsAsText(int attribute_index) const = 0;
	// What the columns mean here, one by one; empty: what their types do.
	virtual const std::vector<ColumnMeaning> &Meaning() const = 0;
	// From now on only rows that fit this condition on "source", sent as it stands; compares_text: it is only right
	// where all collations are deterministic. Returns why the source cannot do it, or ''.
	virtual std::string Filter(const std::string &condition, bool compares_text) = 0;
	// The same for a condition that means something else here, written for this database; it is made of columns and
	// literals.
	virtual std::string FilterAsThere(const std::string &condition) = 0;
	// Rows after so many are of no use: the source may leave them out.
	virtual void LimitTo(int64_t /*rows*/) {}
	// How many rows Start would give, counted by the source in the snapshot that it gives them of; nothing: it cannot.
	virtual std::optional<int64_t> CountRows() { return std::nullopt; }
	// What Start would send. needed[i]: whether column i is used at all.
	virtual std::string RemoteStatement(const std::vector<bool> &needed) const = 0;
	// That the source lets us read those columns, where it has not said so yet. Throws Error.
	virtual void CheckReadable(const std::vector<bool> & /*needed*/) {}
	virtual void Start(const std::vector<bool> &needed) = 0;
	// Appends rows to an empty batch until it is full; false when there was none left to append. Columns that
	// are not needed may be NULL. Errors carry the row's number and the column as context.
	virtual bool Fill(Batch *batch) = 0;
	// Whether SkipBadRow is of use: then Fill may be called in a subtransaction of its own.
	virtual bool MayGoOn() const { return true; }
	// After an error of Fill: tells the row that it is about, and the next Fill begins behind it; the batch keeps the
	// rows before. False: it is about no row, or it cannot go on.
	virtual bool SkipBadRow(BadRow * /*row*/) { return false; }
	virtual int64_t BytesRead() const = 0;
	// With those that were skipped.
	virtual int64_t RowsRead() const = 0;
	// Once started: the source's estimate; 0: unknown.
	virtual int64_t RowsExpected() const = 0;
	// Checks that the source ended cleanly and leaves it. Without it the destructor cancels the remote query.
	virtual void Finish() = 0;

private:
	std::set<std::string> unread_;
};

} // namespace sluice::engine
