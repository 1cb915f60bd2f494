#include "engine/transform/filter_safety.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_proc.h"
}

namespace sluice::engine::leaf {

namespace {

struct Search {
	const char *text;
	const bool *travels_as_text;
	bool any_collation;
	bool compares_text;
	const char *reason;
};

bool
Stay(Search *search, const char *reason)
{
	search->reason = reason;
	return true;
}

// Types whose literals mean the same on every supported version, once the session's settings are pinned.
bool
IsPlainType(Oid type)
{
	switch (type) {
	case BOOLOID:
	case INT2OID:
	case INT4OID:
	case INT8OID:
	case FLOAT4OID:
	case FLOAT8OID:
	case NUMERICOID:
	case TEXTOID:
	case VARCHAROID:
	case BPCHAROID:
	case BYTEAOID:
	case UUIDOID:
	case DATEOID:
	case TIMEOID:
	case TIMESTAMPOID:
	case TIMESTAMPTZOID:
	case INTERVALOID:
	case BOOLARRAYOID:
	case INT2ARRAYOID:
	case INT4ARRAYOID:
	case INT8ARRAYOID:
	case FLOAT4ARRAYOID:
	case FLOAT8ARRAYOID:
	case NUMERICARRAYOID:
	case TEXTARRAYOID:
	case VARCHARARRAYOID:
	case BPCHARARRAYOID:
	case UUIDARRAYOID:
		return true;
	default:
		return false;
	}
}

bool
IsInstant(Oid type)
{
	return type == DATEOID || type == TIMEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

// '2026-11-21 10:00:00+01': no words such as now or today, which each server would take from its own clock, and no
// order of day and month to be guessed.
bool
IsIsoLiteral(const char *text, int location)
{
	if (location < 0 || text[location] != '\'') {
		return false;
	}
	const char *at = text + location + 1;
	size_t const length = strcspn(at, "'");
	bool const date = length >= 8 && strspn(at, "0123456789") == 4 && at[4] == '-';
	bool const time = strspn(at, "0123456789") == 2 && at[2] == ':';
	return (date || time) && strspn(at, "0123456789-:. +TZ") == length;
}

// Equality of texts is equality of bytes where every collation is deterministic; so is LIKE. All else, order above
// all, depends on a collation that the two servers need not share.
bool
ComparesBytes(Oid function)
{
	switch (function) {
	case F_TEXTEQ:
	case F_TEXTNE:
	case F_BPCHAREQ:
	case F_BPCHARNE:
	case F_TEXTLIKE:
	case F_TEXTNLIKE:
	case F_BPCHARLIKE:
	case F_BPCHARNLIKE:
		return true;
	default:
		return false;
	}
}

bool
FunctionStays(Search *search, Oid function, Oid collation)
{
	if (function >= FirstGenbkiObjectId) {
		return Stay(search, "it uses a function that is not PostgreSQL's own");
	}
	if (func_volatile(function) != PROVOLATILE_IMMUTABLE) {
		return Stay(search, "it uses a function that is not immutable");
	}
	if (OidIsValid(collation) && !search->any_collation) {
		if (!ComparesBytes(function)) {
			return Stay(search, "it depends on a collation");
		}
		search->compares_text = true;
	}
	return false;
}

bool
Walk(Node *node, void *context)
{
	auto *search = static_cast<Search *>(context);
	if (node == nullptr) {
		return false;
	}
	switch (nodeTag(node)) {
	case T_Var: {
		const Var *var = reinterpret_cast<Var *>(node);
		if (var->varattno <= 0 || var->varlevelsup != 0) {
			return Stay(search, "it uses whole rows or system columns");
		}
		if (search->travels_as_text[var->varattno - 1]) {
			return Stay(search, "it uses a column that travels as text");
		}
		return false;
	}
	case T_Const: {
		const Const *constant = reinterpret_cast<Const *>(node);
		if (!IsPlainType(constant->consttype)) {
			return Stay(search, "it has a literal of an unusual type");
		}
		if (IsInstant(constant->consttype) && !constant->constisnull &&
			!IsIsoLiteral(search->text, constant->location)) {
			return Stay(search, "it has a date or time that is not written as 2026-12-31 23:59:59");
		}
		return false;
	}
	case T_OpExpr: {
		const OpExpr *expression = reinterpret_cast<OpExpr *>(node);
		if (FunctionStays(search, get_opcode(expression->opno), expression->inputcollid)) {
			return true;
		}
		break;
	}
	case T_ScalarArrayOpExpr: {
		const ScalarArrayOpExpr *expression = reinterpret_cast<ScalarArrayOpExpr *>(node);
		if (FunctionStays(search, get_opcode(expression->opno), expression->inputcollid)) {
			return true;
		}
		break;
	}
	case T_FuncExpr: {
		const FuncExpr *expression = reinterpret_cast<FuncExpr *>(node);
		if (FunctionStays(search, expression->funcid, expression->inputcollid)) {
			return true;
		}
		break;
	}
	case T_BoolExpr:
	case T_NullTest:
	case T_BooleanTest:
	case T_RelabelType:
	case T_ArrayExpr:
	case T_List:
		break;
	default:
		return Stay(search, "it is more than comparisons of columns and literals");
	}
	return pg::compat::WalkExpression(node, Walk, context);
}

} // namespace

const char *
WhyFilterStays(const AnalyzedQuery *analyzed, const bool *travels_as_text, bool any_collation, bool *compares_text)
{
	Search search = {analyzed->text, travels_as_text, any_collation, false, nullptr};
	(void)Walk(analyzed->query->jointree->quals, &search);
	*compares_text = search.compares_text;
	return search.reason;
}

void
TakeFilterAway(AnalyzedQuery *analyzed)
{
	analyzed->query->jointree->quals = nullptr;
}

} // namespace sluice::engine::leaf
