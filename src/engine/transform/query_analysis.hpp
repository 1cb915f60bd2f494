// Leaf behind mapped_query.hpp: parse analysis of the one SELECT that a pipeline is, and the target list
// in the shape of the destination.
#pragma once

#include "engine/transform/assignment.hpp"
#include "engine/transform/settle_meaning.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

struct OutputColumn {
	const char *name;
	Oid type;
	int32 type_modifier;
	Oid collation;
	bool unnamed;		// an expression without AS
	const char *origin; // the column of a relation or a source row that it is, by its name there; NULL: an expression
	// A column of the source row that is only handed on: its number from 0 and its type in a table made after the
	// query.
	int source_column; // -1: an expression
	Oid kept_type;
	int32 kept_modifier;
	int unknown_zone; // of a timestamp: the source row's column that it comes from, whose zone is not known; -1: none
	bool from_text;	  // text standing for another type: cast through its text form where it must be
	// Where column_types says what it is: the type before, and whether it is read in from its text.
	Oid cast_from;
	int32 cast_from_modifier;
	bool read_in;
};

struct AnalyzedQuery {
	Query *query;
	const char *text;
	int column_count;
	OutputColumn *columns;
	// Why rows cannot be projected one by one; NULL when they can. Only with a source_row.
	const char *needs_sql;
	Meaning meaning; // with types
	// Some entries of the target list are also sorted by: they cannot be changed where they are.
	bool sorts;
	bool keeps_rows; // no row comes twice, and none is made of several
	bool exact;		 // a value that the destination's column would change is an error
};

// Analyzes the text as the current user. With source_row, the name source stands for rows of that type.
// travels_as_text[i], or NULL, tells which columns of source are text only for the journey; types, or NULL, what they
// mean here: then source_row gets the types that are computed with. what: of the pipeline, for messages.
AnalyzedQuery *AnalyzeQuery(const char *text, TupleDesc source_row, const bool *travels_as_text,
							const SourceType *types, const char *what);

// The name of a temporary table or view that the query reads; NULL: none.
const char *TemporaryTableIn(const AnalyzedQuery *analyzed);
// In which the name source stands for rows of that type. rows: those to execute a query over; NULL: to analyze one.
QueryEnvironment *EnvironmentWith(TupleDesc source_row, Tuplestorestate *rows);

// Which of the source row's columns the query uses.
void FindUsedColumns(const AnalyzedQuery *analyzed, TupleDesc source_row, bool *used);

// A target list with one entry per attribute of the destination. source_of[i]: the query's column for
// attribute i, or -1 for its default (NULL for dropped and generated ones). Raises 42804 where a column
// does not fit.
List *BuildTargetList(const AnalyzedQuery *analyzed, Relation destination, const int *source_of);
// The same for a destination that is no relation here: source_of[i] is a column for every attribute.
List *BuildTargetListFor(const AnalyzedQuery *analyzed, TupleDesc row_type, const int *source_of);
// The same for rows that have the destination's columns, in other types perhaps, and others behind them. unsure: of
// these the default is not asked for, they are NULL.
List *BuildWiderTargetList(const AnalyzedQuery *analyzed, TupleDesc row_type, Relation destination,
						   const int *source_of, const bool *unsure);
// Which attributes have a default of their own (or of their type, or are identity columns).
void FindDefaults(Relation destination, bool *has_default);
// The query's own columns as they are.
List *OwnTargetList(const AnalyzedQuery *analyzed);
// A target list with the query's columns from that one on behind it.
List *WithColumnsFrom(List *target_list, const AnalyzedQuery *analyzed, int first);
// A row of its source gives one row, unless the filter leaves it out.
bool GivesRowForRow(const AnalyzedQuery *analyzed);

// In an INSERT ... SELECT: whether that column must be cast explicitly to fit.
bool NeedsExplicitCast(const AnalyzedQuery *analyzed, int column, Oid type);
// What a column of that type may do to the values of the query's column.
AssignmentFit FitOfColumn(const AnalyzedQuery *analyzed, int column, Oid type, int32 modifier);

// The rows of a table made after the query.
TupleDesc CreatedRowType(const AnalyzedQuery *analyzed);
// For a table made after the query: "numeric(10,2)", with schema and collation where they matter. Raises
// 42P16 for types that no column can have.
const char *ColumnTypeText(const OutputColumn *column);
// SQL that makes what travelled as text a value of the type behind domains, without a length, by the type's input
// function.
const char *ReadAsText(Oid from, Oid type, const char *value);

} // namespace sluice::engine::leaf
