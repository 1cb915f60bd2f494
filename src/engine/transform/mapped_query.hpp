// A pipeline as one SELECT: source, columns and filter analyzed together. Analysis runs as the
// current user, who is the pipeline's owner.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/column_case.hpp"
#include "core/own_columns.hpp"
#include "engine/transform/column_cast.hpp"
#include "engine/transform/column_meaning.hpp"
#include "engine/transform/query_analysis.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

// Which columns a destination that lacks them need not take. WhereNull: as Unnamed, from rows that have no value there.
enum class LeaveOut { None, Unnamed, WhereNull, All };

struct MappingInput {
	// A FROM item: a qualified relation or a query in parentheses; empty when rows come over a wire.
	std::string from;
	// `from` is a table that rows from a wire were staged in: then source stays a name for it anywhere. With a
	// source_row they are no table, but rows that the query is executed over as a whole.
	bool staged = false;
	TupleDesc source_row = nullptr;
	std::vector<bool> travels_as_text;	  // of the source row's or the staged columns
	std::vector<ColumnMeaning> meaning;	  // of the source row's columns; empty: what their types are
	std::optional<std::string> transform; // a query over the source row's type, with columns over what it gives
	std::optional<std::string> columns;
	std::optional<std::string> filter;
	bool exact = false; // a value that the destination's column would change is an error
	LeaveOut leave_out = LeaveOut::None;
	std::optional<std::string> named; // the columns as the user wrote them
	bool stamped = false;			  // by load_columns, at their end
	std::vector<OwnColumn> own;		  // of the destination: the load fills them by itself
	ColumnCase naming = ColumnCase::Keep;
	std::set<std::string> excluded;				  // from "*"
	std::set<std::string> unread;				  // of the source's columns, those that are not asked for
	std::map<std::string, leaf::NamedType> types; // that columns are cast to, by the names they have then
};

class MappedQuery {
public:
	// Throws Error whose position points into text().
	explicit MappedQuery(const MappingInput &input);

	const std::string &Text() const { return text_; }
	const leaf::AnalyzedQuery *Analyzed() const { return analyzed_; }
	// The source applies the filter.
	void TakeFilterAway();
	bool HasSubquery() const { return analyzed_->query->hasSubLinks; }
	// A row of the source gives one row, unless the filter leaves it out.
	bool GivesRowForRow() const { return row_for_row_; }
	bool IsExact() const { return analyzed_->exact; }
	bool IsFilterElsewhere() const { return filter_elsewhere_; }
	// The column that the filter would take for something else here, so that only the source can apply it; -1: none.
	int FilterRefuses() const { return filter_refuses_; }
	// Of a column of the source row that is only handed on; NULL for others.
	const ColumnMeaning *MeaningOf(int index) const;
	// Of a column with a time whose zone is not known: the column of the source row that it comes from; NULL for
	// others.
	const ColumnMeaning *UnknownZoneOf(int index) const;
	// For a table made after the query: what is kept as text there, because its type is missing here, and why.
	std::vector<std::string> MissingTypes() const;
	// The same where the type is one of an extension: it cannot be made after the query.
	std::optional<Error> MissingExtension() const;
	int ColumnCount() const { return analyzed_->column_count; }
	const leaf::OutputColumn &Column(int index) const { return analyzed_->columns[index]; }
	// One of the two that load_columns adds: of the run, not of the row.
	bool IsStamp(int index) const { return stamped_ && index >= ColumnCount() - 2; }
	// Of the destination: the load fills it by itself.
	bool IsOwn(const std::string &column) const;
	const std::vector<OwnColumn> &Own() const { return own_; }
	// Throws Error where the query gives one of these.
	void CheckOwn() const;
	// The destination may lack it: then it is not loaded.
	bool MayBeLeftOut(int index) const;
	// A row with a value in a column that is left out is not loaded either.
	bool DiscardsRows() const { return leave_out_ == LeaveOut::WhereNull; }
	// Whether columns are called in another way than in Text().
	bool IsRenamed() const { return renamed_; }
	// By a query over all rows of the source.
	bool IsReshaped() const { return reshaped_; }
	// Each of its rows is one of the source's, and no other is.
	bool KeepsRows() const { return analyzed_->keeps_rows; }
	// Why rows from the wire cannot be projected one by one; empty when they can.
	std::string NeedsSql() const { return analyzed_->needs_sql != nullptr ? analyzed_->needs_sql : ""; }

private:
	void Analyze(const MappingInput &input);
	void AnalyzeMeaning(const MappingInput &input);
	void NameColumns(ColumnCase naming);
	void CastColumns(const MappingInput &input);
	bool TryMeaning(const MappingInput &input, leaf::Meaning *blamed);

	std::string text_;
	leaf::AnalyzedQuery *analyzed_ = nullptr;
	std::vector<ColumnMeaning> meaning_;
	int filter_refuses_ = -1;
	bool filter_elsewhere_ = false;
	bool row_for_row_ = true;
	bool renamed_ = false;
	bool reshaped_ = false;
	LeaveOut leave_out_ = LeaveOut::None;
	std::optional<std::string> named_;
	bool stamped_ = false;
	std::vector<OwnColumn> own_;
};

// "a, b, c" with an ellipsis after too many, for messages.
std::string NameList(const std::vector<std::string> &names);

} // namespace sluice::engine
