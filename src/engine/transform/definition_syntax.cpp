#include "engine/transform/definition_syntax.hpp"

extern "C" {
#include "parser/parser.h"
}

namespace sluice::engine::leaf {

namespace {

// Shows syntax errors in the user's own text, not in the statement it was put into.
struct Embedded {
	const char *what;
	const char *text;
	int prefix;
	const char *hint;
};

void
PointIntoText(void *argument)
{
	const auto *embedded = static_cast<const Embedded *>(argument);
	int const position = geterrposition();
	if (position > 0) {
		errposition(0);
		// Positions count characters, and the prefix is ASCII.
		internalerrposition(position > embedded->prefix ? position - embedded->prefix : 0);
		internalerrquery(embedded->text);
	}
	errhint("%s", embedded->hint);
	errcontext("%s of the pipeline", embedded->what);
}

// The one SELECT the text holds together with its prefix; NULL when it is something else.
SelectStmt *
ParseSelect(const char *prefix, Embedded *embedded, RawStmt **raw)
{
	ErrorContextCallback callback;
	callback.callback = PointIntoText;
	callback.arg = embedded;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	embedded->prefix = static_cast<int>(strlen(prefix));
	List *statements = raw_parser(psprintf("%s%s", prefix, embedded->text), RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;
	if (list_length(statements) != 1) {
		return nullptr;
	}
	*raw = linitial_node(RawStmt, statements);
	return IsA((*raw)->stmt, SelectStmt) ? reinterpret_cast<SelectStmt *>((*raw)->stmt) : nullptr;
}

bool
HasOtherClauses(const SelectStmt *select)
{
	return select->distinctClause != NIL || select->intoClause != nullptr || select->fromClause != NIL ||
		   select->groupClause != NIL || select->havingClause != nullptr || select->windowClause != NIL ||
		   select->valuesLists != NIL || select->sortClause != NIL || select->limitOffset != nullptr ||
		   select->limitCount != nullptr || select->lockingClause != NIL || select->withClause != nullptr ||
		   select->op != SETOP_NONE;
}

bool
Writes(const WithClause *with)
{
	ListCell *cell;
	foreach (cell, with != nullptr ? with->ctes : NIL) {
		if (!IsA(lfirst_node(CommonTableExpr, cell)->ctequery, SelectStmt)) {
			return true;
		}
	}
	return false;
}

// Without what follows its semicolon.
char *
OneSelect(Embedded embedded)
{
	RawStmt *raw = nullptr;
	SelectStmt *select = ParseSelect("", &embedded, &raw);
	if (select == nullptr || select->intoClause != nullptr || Writes(select->withClause)) {
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s must be one SELECT", embedded.what),
						errhint("%s", embedded.hint)));
	}
	const char *start = embedded.text + raw->stmt_location;
	return raw->stmt_len > 0 ? pnstrdup(start, raw->stmt_len) : pstrdup(start);
}

} // namespace

void
CheckSelectList(const char *columns)
{
	Embedded embedded = {"columns", columns, 0,
						 "Write what would stand between SELECT and FROM, for example: id, upper(name) AS name."};
	RawStmt *raw = nullptr;
	SelectStmt *select = ParseSelect("SELECT\n", &embedded, &raw);
	// A length is only set when a semicolon follows.
	if (select == nullptr || raw->stmt_len != 0 || HasOtherClauses(select) || select->whereClause != nullptr ||
		select->targetList == NIL) {
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("columns must be one select list"),
						errhint("%s", embedded.hint)));
	}
}

namespace {

void
CheckOneCondition(const char *what, const char *condition)
{
	Embedded embedded = {what, condition, 0,
						 "Write what would stand after WHERE, for example: amount > 0 AND NOT deleted."};
	RawStmt *raw = nullptr;
	SelectStmt *select = ParseSelect("SELECT WHERE\n", &embedded, &raw);
	if (select == nullptr || raw->stmt_len != 0 || HasOtherClauses(select) || select->targetList != NIL ||
		select->whereClause == nullptr) {
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s must be one condition", what),
						errhint("%s", embedded.hint)));
	}
}

} // namespace

void
CheckCondition(const char *filter)
{
	CheckOneCondition("filter", filter);
}

void
CheckScope(const char *scope)
{
	CheckOneCondition("scope", scope);
}

char *
CheckQuery(const char *query)
{
	return OneSelect({"source_query", query, 0, "It is read as a subquery: one SELECT, VALUES or TABLE without INTO."});
}

char *
CheckTransform(const char *query)
{
	return OneSelect(
		{"transform", query, 0,
		 "Write one SELECT over the rows, which it calls source, for example: SELECT region, sum(amount) AS "
		 "total FROM source GROUP BY region."});
}

} // namespace sluice::engine::leaf
