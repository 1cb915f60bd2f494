#include "pg/constraint_timing.hpp"

#include "core/sqlstate.hpp"

extern "C" {
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
}

namespace sluice::pg {

namespace leaf {

namespace {

// One for each constraint: SET CONSTRAINTS sets all of a constraint alike.
struct DeferrableTriggers {
	int count;
	Oid *oids;
	bool *initially_deferred;
};

List *
WithParts(Oid constraint)
{
	List *constraints = list_make1_oid(constraint);
	Relation catalog = table_open(ConstraintRelationId, AccessShareLock);
	ListCell *cell;
	foreach (cell, constraints) {
		ScanKeyData key;
		ScanKeyInit(&key, Anum_pg_constraint_conparentid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(lfirst_oid(cell)));
		SysScanDesc scan = systable_beginscan(catalog, ConstraintParentIndexId, true, nullptr, 1, &key);
		HeapTuple tuple;
		while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
			constraints = lappend_oid(constraints, reinterpret_cast<Form_pg_constraint>(GETSTRUCT(tuple))->oid);
		}
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
	return constraints;
}

DeferrableTriggers *
FindTriggers(Oid constraint)
{
	List *constraints = WithParts(constraint);
	auto *found = static_cast<DeferrableTriggers *>(palloc0(sizeof(DeferrableTriggers)));
	found->oids = static_cast<Oid *>(palloc(sizeof(Oid) * list_length(constraints)));
	found->initially_deferred = static_cast<bool *>(palloc(sizeof(bool) * list_length(constraints)));
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);
	ListCell *cell;
	foreach (cell, constraints) {
		ScanKeyData key;
		ScanKeyInit(&key, Anum_pg_trigger_tgconstraint, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(lfirst_oid(cell)));
		SysScanDesc scan = systable_beginscan(catalog, TriggerConstraintIndexId, true, nullptr, 1, &key);
		HeapTuple tuple;
		while (HeapTupleIsValid(tuple = systable_getnext(scan))) {
			auto *form = reinterpret_cast<Form_pg_trigger>(GETSTRUCT(tuple));
			if (form->tgdeferrable) {
				found->oids[found->count] = form->oid;
				found->initially_deferred[found->count++] = form->tginitdeferred;
				break;
			}
		}
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
	return found;
}

// Queues an event of that trigger, on a table that never has one, and looks whether it is still there once its query
// has ended. Where it is not deferred the server finds no such trigger on the table: it goes on, or raises XX000.
bool
IsEventDeferred(Oid trigger, bool initially_deferred)
{
	Relation catalog = table_open(TriggerRelationId, AccessShareLock);
	Trigger event{};
	event.tgoid = trigger;
	event.tgtype = TRIGGER_TYPE_ROW | TRIGGER_TYPE_AFTER | TRIGGER_TYPE_INSERT;
	event.tgenabled = TRIGGER_FIRES_ALWAYS;
	event.tgdeferrable = true;
	event.tginitdeferred = initially_deferred;
	TriggerDesc triggers{};
	triggers.triggers = &event;
	triggers.numtriggers = 1;
	triggers.trig_insert_after_row = true;
	EState *state = CreateExecutorState();
	ResultRelInfo *target = makeNode(ResultRelInfo);
	target->ri_RelationDesc = catalog;
	target->ri_TrigDesc = &triggers;
	TupleTableSlot *row = MakeSingleTupleTableSlot(RelationGetDescr(catalog), &TTSOpsVirtual);
	AfterTriggerBeginQuery();
	ExecARInsertTriggers(state, target, row, NIL, nullptr);
	AfterTriggerEndQuery(state);
	bool const deferred = AfterTriggerPendingOnRel(TriggerRelationId);
	ExecDropSingleTupleTableSlot(row);
	ExecCloseResultRelations(state);
	FreeExecutorState(state);
	table_close(catalog, AccessShareLock);
	return deferred;
}

ProcessUtility_hook_type previous_hook = nullptr;
void (*when_set_immediate)() = nullptr;

void
OnSetConstraints(PlannedStmt *planned, const char *query, bool read_only_tree, ProcessUtilityContext context,
				 ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *destination,
				 QueryCompletion *completion)
{
	bool immediate = false;
	if (IsA(planned->utilityStmt, ConstraintsSetStmt)) {
		auto *statement = castNode(ConstraintsSetStmt, planned->utilityStmt);
		immediate = !statement->deferred && statement->constraints != NIL;
	}
	ProcessUtility_hook_type const next = previous_hook != nullptr ? previous_hook : standard_ProcessUtility;
	next(planned, query, read_only_tree, context, parameters, environment, destination, completion);
	if (immediate) {
		when_set_immediate();
	}
}

} // namespace

} // namespace leaf

namespace {

bool
IsDeferred(Oid trigger, bool initially_deferred)
{
	bool deferred = false;
	std::optional<Error> const failure = Subtransaction([&] {
		deferred = Call(leaf::IsEventDeferred, trigger, initially_deferred);
		throw Error(sqlstate::kInternalError, "its abort takes the event away");
	});
	if (failure->State() != sqlstate::kInternalError) {
		throw *failure;
	}
	return deferred;
}

} // namespace

ConstraintTiming
TimingOf(Oid constraint)
{
	leaf::DeferrableTriggers const *triggers = Call(leaf::FindTriggers, constraint);
	int deferred = 0;
	for (int i = 0; i < triggers->count; ++i) {
		deferred += IsDeferred(triggers->oids[i], triggers->initially_deferred[i]) ? 1 : 0;
	}
	return deferred == 0				 ? ConstraintTiming::Immediate
		   : deferred == triggers->count ? ConstraintTiming::Deferred
										 : ConstraintTiming::Mixed;
}

void
CallWhenSetImmediate(void (*callback)())
{
	if (leaf::when_set_immediate == nullptr) {
		leaf::previous_hook = ProcessUtility_hook;
		ProcessUtility_hook = leaf::OnSetConstraints;
	}
	leaf::when_set_immediate = callback;
}

} // namespace sluice::pg
