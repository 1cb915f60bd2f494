#include "engine/write/foreseen_rules.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
}

namespace sluice::engine::leaf {

namespace {

bool
IsAbout(Node *expression, int natts, const bool *columns)
{
	Bitmapset *used = nullptr;
	pull_varattnos(expression, 1, &used);
	bool const whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
	for (int i = 0; i < natts; ++i) {
		if (columns[i] && (whole_row || bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, used))) {
			return true;
		}
	}
	return false;
}

// What is computed of a column that does not tell does not tell either. None is computed where a column has another
// type: the server copies all values by the types that it knows.
void
LeaveOutGenerated(Relation table, TupleDesc row_type, const bool *retyped, bool *untold)
{
	bool any_retyped = false;
	for (int i = 0; i < row_type->natts; ++i) {
		any_retyped = any_retyped || retyped[i];
	}
	row_type->constr->has_generated_stored = false;
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		if (attribute->attgenerated == '\0' || attribute->attisdropped) {
			continue;
		}
		bool const stored = attribute->attgenerated == ATTRIBUTE_GENERATED_STORED;
		if (any_retyped || IsAbout(build_column_default(table, i + 1), row_type->natts, untold)) {
			untold[i] = true;
			attribute->attgenerated = stored ? '\0' : attribute->attgenerated;
		} else {
			row_type->constr->has_generated_stored = row_type->constr->has_generated_stored || stored;
		}
	}
}

} // namespace

bool
HasForeseeableRows(Relation table, bool updates)
{
	char const kind = table->rd_rel->relkind;
	const TriggerDesc *triggers = table->trigdesc;
	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE) && table->rd_rules == nullptr &&
		   (triggers == nullptr ||
			(!triggers->trig_insert_before_row && (!updates || !triggers->trig_update_before_row)));
}

void
FindUnsure(Relation table, const int *source_of, bool *unsure)
{
	TupleDesc const row_type = RelationGetDescr(table);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		if (source_of[i] < 0 && !attribute->attisdropped && attribute->attgenerated == '\0') {
			unsure[i] = unsure[i] || contain_volatile_functions(build_column_default(table, i + 1));
		}
	}
}

Relation
CopyOfTable(Relation table)
{
	auto *copy = static_cast<Relation>(palloc(sizeof(RelationData)));
	*copy = *table;
	copy->rd_rel = static_cast<Form_pg_class>(palloc0(sizeof(FormData_pg_class)));
	memcpy(copy->rd_rel, table->rd_rel, CLASS_TUPLE_SIZE);
	copy->rd_att = CreateTupleDescCopyConstr(RelationGetDescr(table));
	copy->trigdesc = nullptr;
	copy->rd_rules = nullptr;
	copy->rd_fdwroutine = nullptr;
	return copy;
}

Relation
ForeseenRules(Relation copy, const Foreseen *foreseen)
{
	Relation const rules = CopyOfTable(copy);
	TupleDesc const row_type = rules->rd_att;
	if (row_type->constr == nullptr) {
		row_type->constr = static_cast<TupleConstr *>(palloc0(sizeof(TupleConstr)));
	}
	auto *untold = static_cast<bool *>(palloc(sizeof(bool) * (row_type->natts + 1)));
	for (int i = 0; i < row_type->natts; ++i) {
		untold[i] = foreseen->unsure[i] || foreseen->retyped[i];
	}
	LeaveOutGenerated(copy, row_type, foreseen->retyped, untold);
	for (int i = 0; i < row_type->natts; ++i) {
		Form_pg_attribute const attribute = TupleDescAttr(row_type, i);
		bool const is_told = !untold[i] || foreseen->retyped[i];
		attribute->attnotnull = is_told && ((attribute->attnotnull && !foreseen->nullable[i]) || foreseen->keys[i]);
		row_type->constr->has_not_null = row_type->constr->has_not_null || attribute->attnotnull;
	}
	int told = 0;
	for (int i = 0; i < row_type->constr->num_check; ++i) {
		ConstrCheck *const check = &row_type->constr->check[i];
		if (!IsAbout(static_cast<Node *>(stringToNode(check->ccbin)), row_type->natts, untold)) {
			row_type->constr->check[told++] = *check;
		}
	}
	row_type->constr->num_check = static_cast<uint16>(told);
	rules->rd_rel->relchecks = static_cast<int16>(told);
	return rules;
}

} // namespace sluice::engine::leaf
