#include "engine/transform/query_analysis.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "parser/parsetree.h"
#include "rewrite/rewriteHandler.h"
#include "utils/queryenvironment.h"
#include "utils/ruleutils.h"
#include "utils/tuplestore.h"
}

namespace sluice::engine::leaf {

namespace {

const char *
WhyRowByRowFails(const Query *query)
{
	if (query->hasAggs) {
		return "columns use an aggregate";
	}
	if (query->hasWindowFuncs) {
		return "columns use a window function";
	}
	if (query->hasTargetSRFs) {
		return "columns use a set-returning function";
	}
	if (query->hasSubLinks) {
		return "columns or filter use a subquery";
	}
	return nullptr;
}

struct Analysis {
	const char *text;
	const char *what;
};

// An error's position counts in the statement that we made: shown is that, not the statement that the caller is in.
void
PointIntoText(void *argument)
{
	const auto *analysis = static_cast<const Analysis *>(argument);
	int const position = geterrposition();
	if (position > 0) {
		errposition(0);
		internalerrposition(position);
		internalerrquery(analysis->text);
	}
	errcontext("%s of the pipeline", analysis->what);
}

Query *
ParseAndAnalyze(const char *text, TupleDesc row_type, const char *what)
{
	Analysis analysis = {text, what};
	ErrorContextCallback callback;
	callback.callback = PointIntoText;
	callback.arg = &analysis;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	List *raw = raw_parser(text, RAW_PARSE_DEFAULT);
	if (list_length(raw) != 1) {
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a pipeline must be one statement")));
	}
	Query *query = parse_analyze_fixedparams(linitial_node(RawStmt, raw), text, nullptr, 0,
											 row_type != nullptr ? EnvironmentWith(row_type, nullptr) : nullptr);
	error_context_stack = callback.previous;
	return query;
}

// A literal without a type becomes text during analysis although it was meant for the destination's type.
bool
IsTextLiteral(Node *expression)
{
	return IsA(expression, Const) && reinterpret_cast<Const *>(expression)->consttype == TEXTOID;
}

// The column of the source that an expression is, from 0; -1: none.
int
SourceColumn(Node *expression)
{
	if (!IsA(expression, Var)) {
		return -1;
	}
	const Var *var = reinterpret_cast<Var *>(expression);
	return var->varno == 1 && var->varlevelsup == 0 && var->varattno > 0 ? var->varattno - 1 : -1;
}

const char *
OriginOf(const Query *query, Node *expression)
{
	int const column = SourceColumn(expression);
	if (column < 0) {
		return nullptr;
	}
	const RangeTblEntry *source = rt_fetch(1, query->rtable);
	bool const is_table = source->rtekind == RTE_RELATION || source->rtekind == RTE_NAMEDTUPLESTORE;
	return is_table ? strVal(list_nth(source->eref->colnames, column)) : nullptr;
}

bool
FitsByAssignment(Oid from, Oid to)
{
	return can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT);
}

// By the type's input function. A cast may be another function: text's to regclass knows no '-'.
Node *
ReadAs(Oid type, Node *expression)
{
	auto *read = makeNode(CoerceViaIO);
	read->arg = reinterpret_cast<Expr *>(expression);
	read->resulttype = type;
	read->coerceformat = COERCE_EXPLICIT_CAST;
	read->location = -1;
	return reinterpret_cast<Node *>(read);
}

bool
IsReadFromText(const OutputColumn *column, Oid to)
{
	return column->from_text &&
		   ((column->type == TEXTOID && getBaseType(to) == REGCLASSOID) || !FitsByAssignment(column->type, to));
}

// A row of the source as a whole, whose fields the server looks up in a namespace that is there only while it parses.
bool
HoldsWholeRow(Node *expression, void *context)
{
	if (expression != nullptr && IsA(expression, Var)) {
		const Var *var = reinterpret_cast<Var *>(expression);
		return var->varattno == InvalidAttrNumber && var->vartype == RECORDOID;
	}
	return expression != nullptr && (IsA(expression, RowExpr) || IsA(expression, List)) &&
		   pg::compat::WalkExpression(expression, HoldsWholeRow, context);
}

Node *
CoerceColumn(const AnalyzedQuery *analyzed, const OutputColumn *column, Node *expression, Form_pg_attribute attribute)
{
	Oid type = column->type;
	if (type_is_rowtype(getBaseType(attribute->atttypid)) && HoldsWholeRow(expression, nullptr)) {
		return nullptr;
	}
	if (IsReadFromText(column, attribute->atttypid)) {
		// In two steps: an explicit cast to a type with a length would cut values off silently.
		type = getBaseType(attribute->atttypid);
		expression = ReadAs(type, expression);
	}
	if (analyzed->exact) {
		expression =
			AssignedExactly(expression, attribute->atttypid, attribute->atttypmod, NameStr(attribute->attname));
		type = exprType(expression);
	}
	return coerce_to_target_type(nullptr, expression, type, attribute->atttypid, attribute->atttypmod,
								 COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST, -1);
}

Node *
DefaultFor(Relation destination, int attribute_number)
{
	Form_pg_attribute attribute = TupleDescAttr(destination->rd_att, attribute_number - 1);
	if (attribute->attisdropped) {
		return reinterpret_cast<Node *>(makeNullConst(INT4OID, -1, InvalidOid));
	}
	Node *expression = attribute->attgenerated != '\0' ? nullptr : build_column_default(destination, attribute_number);
	if (expression != nullptr) {
		return expression;
	}
	int32 base_modifier = attribute->atttypmod;
	Oid const base = getBaseTypeAndTypmod(attribute->atttypid, &base_modifier);
	expression = reinterpret_cast<Node *>(makeNullConst(base, base_modifier, attribute->attcollation));
	if (base != attribute->atttypid && attribute->attgenerated == '\0') {
		expression = coerce_to_domain(expression, base, base_modifier, attribute->atttypid, COERCION_IMPLICIT,
									  COERCE_IMPLICIT_CAST, -1, false);
	}
	return expression;
}

// What would make a value of one type one of another: a cast where the two have one, else what says the same.
const char *
CastExample(const char *name, Oid from, Oid to)
{
	const char *const column = quote_identifier(name);
	Oid const base = getBaseType(to);
	const char *const wanted = format_type_be(to);
	if (can_coerce_type(1, &from, &to, COERCION_EXPLICIT)) {
		return psprintf("%s::%s", column, wanted);
	}
	if (base == BOOLOID && TypeCategory(from) == TYPCATEGORY_NUMERIC) {
		return psprintf("%s <> 0", column);
	}
	if (base == BOOLOID && from == BITOID) {
		return psprintf("%s = B'1'", column);
	}
	if (from == BYTEAOID) {
		return psprintf("encode(%s, 'hex')::%s", column, wanted);
	}
	return psprintf("%s::text::%s", column, wanted);
}

// The query's column for an attribute, coerced. destination: NULL where the attribute is no relation's of ours.
Node *
FittingColumn(const AnalyzedQuery *analyzed, int source, TupleDesc row_type, int index, Relation destination)
{
	Form_pg_attribute attribute = TupleDescAttr(row_type, index);
	const OutputColumn *column = &analyzed->columns[source];
	TargetEntry *entry = list_nth_node(TargetEntry, analyzed->query->targetList, source);
	Node *expression = CoerceColumn(analyzed, column, reinterpret_cast<Node *>(copyObject(entry->expr)), attribute);
	if (expression == nullptr) {
		const char *wanted = format_type_be(attribute->atttypid);
		const char *name = NameStr(attribute->attname);
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" is of type %s but the source gives %s", name, wanted,
							   format_type_be(column->type)),
						errhint("Cast it in columns, for example: %s AS %s.",
								CastExample(column->name, column->type, attribute->atttypid), quote_identifier(name)),
						destination != nullptr ? errtablecol(destination, index + 1) : 0));
	}
	return expression;
}

bool
FindTemporary(Node *node, void *name)
{
	if (node == nullptr || !IsA(node, Query)) {
		return node != nullptr && pg::compat::WalkExpression(node, FindTemporary, name);
	}
	Query *query = reinterpret_cast<Query *>(node);
	ListCell *cell;
	foreach (cell, query->rtable) {
		const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);
		if (entry->rtekind == RTE_RELATION && get_rel_persistence(entry->relid) == RELPERSISTENCE_TEMP) {
			*static_cast<const char **>(name) = get_rel_name(entry->relid);
			return true;
		}
	}
	return pg::compat::WalkQuery(query, FindTemporary, name);
}

List *
TargetListOf(const AnalyzedQuery *analyzed, TupleDesc row_type, Relation destination, const int *source_of)
{
	ParseState *state = make_parsestate(nullptr);
	List *result = NIL;
	for (int i = 0; i < row_type->natts; ++i) {
		Node *expression = source_of[i] < 0 ? DefaultFor(destination, i + 1)
											: FittingColumn(analyzed, source_of[i], row_type, i, destination);
		assign_expr_collations(state, expression);
		result = lappend(result, makeTargetEntry(reinterpret_cast<Expr *>(expression), static_cast<AttrNumber>(i + 1),
												 pstrdup(NameStr(TupleDescAttr(row_type, i)->attname)), false));
	}
	free_parsestate(state);
	return result;
}

} // namespace

QueryEnvironment *
EnvironmentWith(TupleDesc source_row, Tuplestorestate *rows)
{
	QueryEnvironment *environment = create_queryEnv();
	auto *relation = static_cast<EphemeralNamedRelation>(palloc0(sizeof(EphemeralNamedRelationData)));
	relation->md.name = pstrdup("source");
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = source_row;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = rows != nullptr ? static_cast<double>(tuplestore_tuple_count(rows)) : 0;
	relation->reldata = rows;
	register_ENR(environment, relation);
	return environment;
}

AnalyzedQuery *
AnalyzeQuery(const char *text, TupleDesc source_row, const bool *travels_as_text, const SourceType *types,
			 const char *what)
{
	Query *query = ParseAndAnalyze(text, types != nullptr ? AnalyzedRowType(source_row, types) : source_row, what);
	if (query->commandType != CMD_SELECT || query->utilityStmt != nullptr) {
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("a pipeline's source must be a SELECT")));
	}

	auto *analyzed = static_cast<AnalyzedQuery *>(palloc0(sizeof(AnalyzedQuery)));
	analyzed->query = query;
	analyzed->text = pstrdup(text);
	analyzed->meaning = types != nullptr ? SettleMeaning(query, source_row, types) : Meaning{-1, -1};
	analyzed->columns =
		static_cast<OutputColumn *>(palloc0(sizeof(OutputColumn) * (list_length(query->targetList) + 1)));
	ListCell *cell;
	foreach (cell, query->targetList) {
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		analyzed->sorts = analyzed->sorts || entry->resjunk || entry->ressortgroupref != 0;
		if (entry->resjunk) {
			continue;
		}
		Node *expression = reinterpret_cast<Node *>(entry->expr);
		OutputColumn *column = &analyzed->columns[analyzed->column_count++];
		column->name = entry->resname != nullptr ? entry->resname : "?column?";
		column->type = exprType(expression);
		column->type_modifier = exprTypmod(expression);
		column->collation = exprCollation(expression);
		column->unnamed = strcmp(column->name, "?column?") == 0;
		column->origin = OriginOf(query, expression);
		column->source_column = SourceColumn(expression);
		column->unknown_zone = types != nullptr && column->type == TIMESTAMPOID
								   ? FindUnknownZone(query, expression, source_row->natts, types)
								   : -1;
		bool const travels =
			column->source_column >= 0 && travels_as_text != nullptr && travels_as_text[column->source_column];
		column->from_text = travels || IsTextLiteral(expression);
		bool const kept = travels && types != nullptr && OidIsValid(types[column->source_column].own);
		column->kept_type = kept ? types[column->source_column].own : column->type;
		column->kept_modifier = kept ? types[column->source_column].typmod : column->type_modifier;
	}
	analyzed->keeps_rows = !query->hasAggs && !query->hasTargetSRFs && !analyzed->sorts;
	if (source_row != nullptr) {
		analyzed->needs_sql = WhyRowByRowFails(query);
	}
	return analyzed;
}

const char *
TemporaryTableIn(const AnalyzedQuery *analyzed)
{
	const char *name = nullptr;
	(void)FindTemporary(reinterpret_cast<Node *>(analyzed->query), &name);
	return name;
}

void
FindUsedColumns(const AnalyzedQuery *analyzed, TupleDesc source_row, bool *used)
{
	bool all = analyzed->needs_sql != nullptr;
	Bitmapset *attributes = nullptr;
	if (!all) {
		pull_varattnos(reinterpret_cast<Node *>(analyzed->query->targetList), 1, &attributes);
		pull_varattnos(analyzed->query->jointree->quals, 1, &attributes);
		all = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, attributes); // the row as a whole
	}
	for (int i = 0; i < source_row->natts; ++i) {
		used[i] = all || bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, attributes);
	}
}

List *
BuildTargetList(const AnalyzedQuery *analyzed, Relation destination, const int *source_of)
{
	return TargetListOf(analyzed, RelationGetDescr(destination), destination, source_of);
}

List *
BuildTargetListFor(const AnalyzedQuery *analyzed, TupleDesc row_type, const int *source_of)
{
	return TargetListOf(analyzed, row_type, nullptr, source_of);
}

List *
BuildWiderTargetList(const AnalyzedQuery *analyzed, TupleDesc row_type, Relation destination, const int *source_of,
					 const bool *unsure)
{
	List *const list = TargetListOf(analyzed, row_type, destination, source_of);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		if (source_of[i] < 0 && unsure[i] && !attribute->attisdropped) {
			list_nth_node(TargetEntry, list, i)->expr = reinterpret_cast<Expr *>(
				makeNullConst(attribute->atttypid, attribute->atttypmod, attribute->attcollation));
		}
	}
	return list;
}

void
FindDefaults(Relation destination, bool *has_default)
{
	TupleDesc row_type = RelationGetDescr(destination);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute attribute = TupleDescAttr(row_type, i);
		has_default[i] = !attribute->attisdropped && attribute->attgenerated == '\0' &&
						 build_column_default(destination, i + 1) != nullptr;
	}
}

List *
OwnTargetList(const AnalyzedQuery *analyzed)
{
	return static_cast<List *>(copyObject(analyzed->query->targetList));
}

List *
WithColumnsFrom(List *target_list, const AnalyzedQuery *analyzed, int first)
{
	List *all = list_copy(target_list);
	for (int i = first; i < analyzed->column_count; ++i) {
		auto *entry = static_cast<TargetEntry *>(copyObject(list_nth(analyzed->query->targetList, i)));
		entry->resno = static_cast<AttrNumber>(list_length(all) + 1);
		all = lappend(all, entry);
	}
	return all;
}

bool
GivesRowForRow(const AnalyzedQuery *analyzed)
{
	const Query *query = analyzed->query;
	return !query->hasAggs && !query->hasTargetSRFs && query->groupClause == NIL && query->groupingSets == NIL &&
		   query->distinctClause == NIL && query->limitCount == nullptr && query->limitOffset == nullptr;
}

bool
NeedsExplicitCast(const AnalyzedQuery *analyzed, int column, Oid type)
{
	return IsReadFromText(&analyzed->columns[column], type);
}

AssignmentFit
FitOfColumn(const AnalyzedQuery *analyzed, int column, Oid type, int32 modifier)
{
	auto *expression = reinterpret_cast<Node *>(list_nth_node(TargetEntry, analyzed->query->targetList, column)->expr);
	if (!IsA(expression, Const) && IsReadFromText(&analyzed->columns[column], type)) {
		return FitOfTypes(getBaseType(type), -1, type, modifier, ClockChanges(nullptr));
	}
	return FitOfExpression(expression, type, modifier);
}

TupleDesc
CreatedRowType(const AnalyzedQuery *analyzed)
{
	TupleDesc const row_type = CreateTemplateTupleDesc(analyzed->column_count);
	for (int i = 0; i < analyzed->column_count; ++i) {
		const OutputColumn *column = &analyzed->columns[i];
		auto const number = static_cast<AttrNumber>(i + 1);
		TupleDescInitEntry(row_type, number, column->name, column->kept_type, column->kept_modifier, 0);
		if (column->kept_type == column->type && OidIsValid(column->collation)) {
			TupleDescInitEntryCollation(row_type, number, column->collation);
		}
	}
	return row_type;
}

const char *
ColumnTypeText(const OutputColumn *column)
{
	Oid const type = column->kept_type;
	if (get_typtype(type) == TYPTYPE_PSEUDO) {
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
						errmsg("column \"%s\" has pseudo-type %s", column->name, format_type_be(type)),
						errhint("Cast it in columns, for example: %s::text AS %s.", quote_identifier(column->name),
								quote_identifier(column->name))));
	}
	char *text = format_type_extended(type, column->kept_modifier, FORMAT_TYPE_TYPEMOD_GIVEN);
	if (type == column->type && OidIsValid(column->collation) && column->collation != get_typcollation(type)) {
		return psprintf("%s COLLATE %s", text, generate_collation_name(column->collation));
	}
	return text;
}

const char *
ReadAsText(Oid from, Oid type, const char *value)
{
	Oid const base = getBaseType(type);
	value = from == TEXTOID ? value : psprintf("CAST(%s AS pg_catalog.text)", value);
	return base == REGCLASSOID ? psprintf("pg_catalog.regclassin(pg_catalog.textout(%s))", value)
							   : psprintf("CAST(%s AS %s)", value, format_type_extended(base, -1, 0));
}

} // namespace sluice::engine::leaf
