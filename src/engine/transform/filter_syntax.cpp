#include "engine/transform/filter_syntax.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
}

namespace sluice::engine::leaf {

namespace {

// Each server would take them from its own clock.
bool
IsMovingTime(const char *text)
{
	constexpr const char *kWords[] = {"now", "today", "tomorrow", "yesterday"};
	text += strspn(text, " \t\n");
	for (const char *word : kWords) {
		if (pg_strncasecmp(text, word, strlen(word)) == 0) {
			return true;
		}
	}
	return false;
}

bool
FindOther(Node *node, void *context)
{
	auto *reason = static_cast<const char **>(context);
	if (node == nullptr) {
		return false;
	}
	switch (nodeTag(node)) {
	case T_A_Expr:
	case T_BoolExpr:
	case T_NullTest:
	case T_BooleanTest:
	case T_A_ArrayExpr:
	case T_CollateClause:
	case T_TypeCast:
	case T_TypeName:
	case T_RowExpr:
	case T_List:
		return pg::compat::WalkRaw(node, FindOther, context);
	case T_ColumnRef:
	case T_Integer:
	case T_Float:
		return false;
	case T_A_Const: {
		const A_Const *literal = reinterpret_cast<A_Const *>(node);
		if (!literal->isnull && IsA(&literal->val, String) && IsMovingTime(literal->val.sval.sval)) {
			*reason = "it has a literal that means the moment";
			return true;
		}
		return false;
	}
	default:
		*reason = "it is more than comparisons of columns and literals";
		return true;
	}
}

} // namespace

const char *
WhyNotAskable(const char *filter)
{
	List *statements = raw_parser(psprintf("SELECT WHERE (\n%s\n)", filter), RAW_PARSE_DEFAULT);
	auto *select = reinterpret_cast<SelectStmt *>(linitial_node(RawStmt, statements)->stmt);
	const char *reason = nullptr;
	(void)FindOther(select->whereClause, &reason);
	return reason;
}

} // namespace sluice::engine::leaf
