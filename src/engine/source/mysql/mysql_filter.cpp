#include "engine/source/mysql/mysql_filter.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"
}

namespace sluice::engine::leaf {

namespace {

struct Writer {
	const MysqlFilterColumn *columns;
	int count;
	StringInfoData text;
	const char *reason;
};

bool Write(Writer *writer, const Node *node);

bool
Fail(Writer *writer, const char *reason)
{
	writer->reason = reason;
	return false;
}

bool
FailAsOther(Writer *writer)
{
	return Fail(writer, "it is more than comparisons of columns and literals");
}

// "name", "source.name"
const MysqlFilterColumn *
FindColumn(const Writer *writer, const Node *node)
{
	if (!IsA(node, ColumnRef)) {
		return nullptr;
	}
	List *const fields = reinterpret_cast<const ColumnRef *>(node)->fields;
	int const parts = list_length(fields);
	if (parts > 2 || !IsA(llast(fields), String) ||
		(parts == 2 && (!IsA(linitial(fields), String) || strcmp(strVal(linitial(fields)), "source") != 0))) {
		return nullptr;
	}
	for (int i = 0; i < writer->count; ++i) {
		if (strcmp(writer->columns[i].name, strVal(llast(fields))) == 0) {
			return &writer->columns[i];
		}
	}
	return nullptr;
}

bool
IsSpelledWith(const char *text, const char *characters)
{
	return *text != '\0' && strspn(text, characters) == strlen(text);
}

// The bytes, which no sql_mode reads differently, as a literal, whose collation yields to the column's.
bool
WriteText(Writer *writer, const char *value)
{
	const char *const text = pg_server_to_any(value, static_cast<int>(strlen(value)), PG_UTF8);
	appendStringInfoString(&writer->text, "_utf8mb4 x'");
	for (const char *at = text; *at != '\0'; ++at) {
		appendStringInfo(&writer->text, "%02x", static_cast<unsigned char>(*at));
	}
	appendStringInfoChar(&writer->text, '\'');
	return true;
}

// What this database takes for one, written so that the source does, too.
bool
WriteMoment(Writer *writer, const char *value, bool is_date)
{
	constexpr Size kDate = 10;
	constexpr const char *kReason = "it has a date or time that is not written as 2026-12-31 23:59:59";
	if (!IsSpelledWith(value, "0123456789-:. ") || strlen(value) < kDate || value[4] != '-' || value[7] != '-' ||
		(strlen(value) > kDate && (is_date || value[kDate] != ' '))) {
		return Fail(writer, kReason);
	}
	if (is_date) {
		(void)DirectFunctionCall1(date_in, CStringGetDatum(value));
	} else {
		(void)DirectFunctionCall3(timestamp_in, CStringGetDatum(value), ObjectIdGetDatum(InvalidOid),
								  Int32GetDatum(-1));
	}
	appendStringInfo(&writer->text, "'%s'", value);
	return true;
}

bool
WriteNumber(Writer *writer, const Node *value)
{
	if (IsA(value, Integer)) {
		appendStringInfo(&writer->text, "%d", intVal(value));
		return true;
	}
	const char *const text = IsA(value, Float) ? reinterpret_cast<const Float *>(value)->fval : "";
	if (!IsSpelledWith(text, "-0123456789.")) {
		return Fail(writer, "it has a number with other signs than digits and a point");
	}
	appendStringInfoString(&writer->text, text);
	return true;
}

bool
WriteLiteral(Writer *writer, const Node *node, MysqlFilterKind kind)
{
	if (!IsA(node, A_Const) || reinterpret_cast<const A_Const *>(node)->isnull) {
		return FailAsOther(writer);
	}
	const auto *value = reinterpret_cast<const Node *>(&reinterpret_cast<const A_Const *>(node)->val);
	if (kind == MysqlFilterKind::Number) {
		return WriteNumber(writer, value);
	}
	if (!IsA(value, String)) {
		return Fail(writer, "it compares a column with a literal of another kind");
	}
	const char *const text = strVal(value);
	switch (kind) {
	case MysqlFilterKind::Text:
	case MysqlFilterKind::Labels:
		return WriteText(writer, text);
	case MysqlFilterKind::Date:
		return WriteMoment(writer, text, true);
	case MysqlFilterKind::Datetime:
		return WriteMoment(writer, text, false);
	default:
		return FailAsOther(writer);
	}
}

// column op literals, with what stands between them.
bool
WriteColumn(Writer *writer, const MysqlFilterColumn *column, const char *op)
{
	if (column->kind == MysqlFilterKind::None) {
		return Fail(writer, "a column of it is of a type that has another form there");
	}
	appendStringInfo(&writer->text, "(%s %s ", column->quoted, op);
	return true;
}

bool
WriteSet(Writer *writer, const A_Expr *expression, const MysqlFilterColumn *column)
{
	List *const values = reinterpret_cast<List *>(expression->rexpr);
	bool const one_of = strcmp(strVal(linitial(expression->name)), "=") == 0;
	bool const between = expression->kind == AEXPR_BETWEEN || expression->kind == AEXPR_NOT_BETWEEN;
	const char *const op = expression->kind == AEXPR_BETWEEN	   ? "BETWEEN"
						   : expression->kind == AEXPR_NOT_BETWEEN ? "NOT BETWEEN"
						   : one_of								   ? "IN ("
																   : "NOT IN (";
	if (!IsA(values, List) || !WriteColumn(writer, column, op)) {
		return writer->reason == nullptr ? FailAsOther(writer) : false;
	}
	ListCell *cell;
	foreach (cell, values) {
		if (foreach_current_index(cell) > 0) {
			appendStringInfoString(&writer->text, between ? " AND " : ", ");
		}
		if (!WriteLiteral(writer, static_cast<Node *>(lfirst(cell)), column->kind)) {
			return false;
		}
	}
	appendStringInfoString(&writer->text, between ? ")" : "))");
	return true;
}

const char *
ComparisonThere(const char *op)
{
	constexpr const char *kSame[] = {"=", "<>", "<", "<=", ">", ">="};
	for (const char *same : kSame) {
		if (strcmp(op, same) == 0) {
			return same;
		}
	}
	return nullptr;
}

// Of an operator with its sides changed.
const char *
Mirrored(const char *op)
{
	switch (op[0]) {
	case '<':
		return op[1] == '\0' ? ">" : op[1] == '=' ? ">=" : op;
	case '>':
		return op[1] == '\0' ? "<" : "<=";
	default:
		return op;
	}
}

bool
WriteLike(Writer *writer, const A_Expr *expression, const MysqlFilterColumn *column)
{
	bool const negated = strcmp(strVal(linitial(expression->name)), "!~~") == 0;
	bool const is_text = column->kind == MysqlFilterKind::Text || column->kind == MysqlFilterKind::Labels;
	const Node *pattern = expression->rexpr;
	if (!is_text || !IsA(pattern, A_Const) || reinterpret_cast<const A_Const *>(pattern)->isnull ||
		!IsA(&reinterpret_cast<const A_Const *>(pattern)->val, String)) {
		return FailAsOther(writer);
	}
	if (strchr(strVal(&reinterpret_cast<const A_Const *>(pattern)->val), '\\') != nullptr) {
		return Fail(writer, "it has a pattern with a backslash, which a sql_mode may take for a letter");
	}
	if (!WriteColumn(writer, column, negated ? "NOT LIKE" : "LIKE") || !WriteLiteral(writer, pattern, column->kind)) {
		return false;
	}
	appendStringInfoChar(&writer->text, ')');
	return true;
}

bool
WriteComparison(Writer *writer, const A_Expr *expression)
{
	const MysqlFilterColumn *column = expression->lexpr != nullptr ? FindColumn(writer, expression->lexpr) : nullptr;
	bool const one_name = list_length(expression->name) == 1;
	if (column != nullptr && one_name && expression->kind == AEXPR_LIKE) {
		return WriteLike(writer, expression, column);
	}
	if (column != nullptr && one_name &&
		(expression->kind == AEXPR_IN || expression->kind == AEXPR_BETWEEN || expression->kind == AEXPR_NOT_BETWEEN)) {
		return WriteSet(writer, expression, column);
	}
	const char *const op =
		one_name && expression->kind == AEXPR_OP ? ComparisonThere(strVal(linitial(expression->name))) : nullptr;
	if (op == nullptr) {
		return FailAsOther(writer);
	}
	bool const mirrored = column == nullptr && expression->rexpr != nullptr;
	column = mirrored ? FindColumn(writer, expression->rexpr) : column;
	const Node *const literal = mirrored ? expression->lexpr : expression->rexpr;
	if (column == nullptr || literal == nullptr) {
		return FailAsOther(writer);
	}
	if (!WriteColumn(writer, column, mirrored ? Mirrored(op) : op) || !WriteLiteral(writer, literal, column->kind)) {
		return false;
	}
	appendStringInfoChar(&writer->text, ')');
	return true;
}

bool
WriteBoolean(Writer *writer, const BoolExpr *expression)
{
	bool const negated = expression->boolop == NOT_EXPR;
	const char *const between = expression->boolop == AND_EXPR ? " AND " : " OR ";
	ListCell *cell;
	appendStringInfoString(&writer->text, negated ? "(NOT " : "(");
	foreach (cell, expression->args) {
		if (foreach_current_index(cell) > 0) {
			appendStringInfoString(&writer->text, between);
		}
		if (!Write(writer, static_cast<Node *>(lfirst(cell)))) {
			return false;
		}
	}
	appendStringInfoChar(&writer->text, ')');
	return true;
}

bool
Write(Writer *writer, const Node *node)
{
	switch (nodeTag(node)) {
	case T_BoolExpr:
		return WriteBoolean(writer, reinterpret_cast<const BoolExpr *>(node));
	case T_A_Expr:
		return WriteComparison(writer, reinterpret_cast<const A_Expr *>(node));
	case T_NullTest: {
		const NullTest *test = reinterpret_cast<const NullTest *>(node);
		const MysqlFilterColumn *column = FindColumn(writer, reinterpret_cast<Node *>(test->arg));
		if (column == nullptr) {
			return FailAsOther(writer);
		}
		appendStringInfo(&writer->text, "(%s IS %sNULL)", column->quoted, test->nulltesttype == IS_NULL ? "" : "NOT ");
		return true;
	}
	default:
		return FailAsOther(writer);
	}
}

} // namespace

const char *
MysqlCondition(const char *filter, const MysqlFilterColumn *columns, int count, const char **reason)
{
	List *statements = raw_parser(psprintf("SELECT WHERE (\n%s\n)", filter), RAW_PARSE_DEFAULT);
	auto *select = reinterpret_cast<SelectStmt *>(linitial_node(RawStmt, statements)->stmt);
	Writer writer = {columns, count, {}, nullptr};
	initStringInfo(&writer.text);
	bool const written = Write(&writer, select->whereClause);
	*reason = writer.reason;
	return written ? writer.text.data : nullptr;
}

} // namespace sluice::engine::leaf
