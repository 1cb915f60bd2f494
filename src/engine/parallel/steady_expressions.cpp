#include "engine/parallel/steady_expressions.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_proc.h"
}

namespace sluice::engine::leaf {

namespace {

// Of the functions that the server brings along, the ones that differ between transactions of the same moment.
constexpr const char *kPerTransaction[] = {
	"now",
	"transaction_timestamp",
	"statement_timestamp",
	"age",
	"txid_current",
	"txid_current_if_assigned",
	"txid_current_snapshot",
	"pg_current_xact_id",
	"pg_current_xact_id_if_assigned",
	"pg_current_snapshot",
	"pg_backend_pid",
	"lastval",
	"currval",
};

bool
IsUnsteady(Oid function, void *found)
{
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE) {
		return false;
	}
	char *name = get_func_name(function);
	bool unsteady = function >= FirstNormalObjectId &&
					getExtensionOfObject(ProcedureRelationId, function) != get_extension_oid("pg_sluice", true);
	for (const char *one : kPerTransaction) {
		unsteady = unsteady || (function < FirstNormalObjectId && strcmp(name, one) == 0);
	}
	if (unsteady) {
		*static_cast<const char **>(found) = psprintf("%s()", name);
	}
	return unsteady;
}

bool
Walk(Node *node, void *found)
{
	if (node == nullptr) {
		return false;
	}
	if (IsA(node, SQLValueFunction)) {
		SQLValueFunctionOp const operation = reinterpret_cast<SQLValueFunction *>(node)->op;
		if (operation <= SVFOP_LOCALTIMESTAMP_N) {
			*static_cast<const char **>(found) = "the current time";
			return true;
		}
	}
	return check_functions_in_node(node, IsUnsteady, found) || pg::compat::WalkExpression(node, Walk, found);
}

} // namespace

const char *
FindUnsteady(const AnalyzedQuery *analyzed, List *target_list)
{
	const char *found = nullptr;
	if (!Walk(analyzed->query->jointree->quals, &found)) {
		(void)Walk(reinterpret_cast<Node *>(target_list), &found);
	}
	return found;
}

} // namespace sluice::engine::leaf
