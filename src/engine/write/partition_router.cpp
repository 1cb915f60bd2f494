#include "engine/write/partition_router.hpp"

#include "engine/target/partitions.hpp"
#include "engine/write/direct_writer.hpp"
#include "engine/write/swap.hpp"
#include "pg/compat.hpp"

extern "C" {
#include "access/tupconvert.h"
#include "executor/execPartition.h"
#include "executor/tuptable.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr int64 kMaxWaitingRows = 20'000;
constexpr int64 kMaxSlotBytes = 8 * 1024 * 1024;
constexpr int kFirstSlots = 16;
constexpr int64 kMaxWaitingBytes = 4 * 1024 * 1024;
// As many partitions keep a page pinned and a ring of buffers of their own.
constexpr int kMaxBulkStates = 32;
// As many build pages in memory of their own, 256 kB each; the others share the buffers of the server.
constexpr int kMaxDirectWriters = 32;

// A partition that rows have gone to.
struct Partition {
	Partition *next;
	ResultRelInfo *result;
	Relation target;			   // where rows go: the partition, or the heap that will replace its own
	DirectWriter *direct;		   // or NULL
	const TupleConversionMap *map; // from the parent's columns, or NULL
	TupleTableSlot *converted;	   // a row in the partition's columns
	TupleDesc row_type;			   // a copy: a pin per slot costs time in the resource owner
	bool has_generated;
	bool has_constraints;
	TupleTableSlot **slots; // made when they are needed, at most kBatchRows
	int64 *numbers;			// of the rows in them
	int room;
	int made;
	int waiting;
	int64 bytes;
	BulkInsertState bulk;
	int64 last_written;
	int64 rows;
	BlockNumber first_block;
};

} // namespace

struct PartitionRouter {
	Relation parent;
	RouterOptions options;
	int insert_options; // TABLE_INSERT_*
	EState *estate;
	ResultRelInfo *root;
	ModifyTableState *state;
	PartitionTupleRouting *routing;
	MemoryContext memory;
	MemoryContext scratch;
	CommandId command;
	Partition *partitions;
	int64 max_rows; // in all buffers
	int64 slots;
	int64 waiting;
	int64 bytes;
	int partition_count;
	int bulk_states;
	int direct_writers;
	int64 writes;
	int64 rows;
	int64 row; // being worked on, for messages
};

namespace {

void
NameRoutedRow(void *argument)
{
	const auto *router = static_cast<const PartitionRouter *>(argument);
	if (router->row > 0) {
		errcontext("row " INT64_FORMAT " loaded into \"%s\"", router->row, RelationGetRelationName(router->parent));
	} else {
		errcontext("rows loaded into \"%s\"", RelationGetRelationName(router->parent));
	}
}

void
CheckRoutable(Relation relation)
{
	const char *why = WhyNotRoutedTo(relation);
	if (why != nullptr) {
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("partition \"%s\" was changed while rows were loaded", RelationGetRelationName(relation)),
				 errdetail("Now %s.", why), errhint("Run the pipeline again.")));
	}
}

// Where rows of the partition go, and how.
void
ChooseTarget(PartitionRouter *router, Partition *partition)
{
	Relation relation = partition->result->ri_RelationDesc;
	partition->target = relation;
	if (!router->options.replace) {
		CheckRoutable(relation);
		return;
	}
	partition->target = MakeNewHeap(relation);
	if (router->options.direct && router->direct_writers < kMaxDirectWriters) {
		partition->direct = OpenDirectWriter(relation, partition->target, router->options.frozen);
		router->direct_writers++;
	}
}

Partition *
FindPartition(PartitionRouter *router, ResultRelInfo *result)
{
	// The place where COPY keeps its own buffer.
	if (result->ri_CopyMultiInsertBuffer != nullptr) {
		return reinterpret_cast<Partition *>(result->ri_CopyMultiInsertBuffer);
	}
	Relation relation = result->ri_RelationDesc;
	MemoryContext old = MemoryContextSwitchTo(router->memory);
	auto *partition = static_cast<Partition *>(palloc0(sizeof(Partition)));
	partition->result = result;
	partition->first_block = InvalidBlockNumber;
	ChooseTarget(router, partition);
	partition->map = pg::compat::RootToPartition(result, router->estate);
	partition->row_type = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	if (partition->map != nullptr) {
		partition->converted = MakeSingleTupleTableSlot(partition->row_type, &TTSOpsVirtual);
	}
	const TupleConstr *rules = RelationGetDescr(relation)->constr;
	partition->has_generated = rules != nullptr && rules->has_generated_stored;
	partition->has_constraints = rules != nullptr && (rules->has_not_null || rules->num_check > 0);
	partition->room = kFirstSlots;
	partition->slots = static_cast<TupleTableSlot **>(palloc(sizeof(TupleTableSlot *) * kFirstSlots));
	partition->numbers = static_cast<int64 *>(palloc(sizeof(int64) * kFirstSlots));
	partition->next = router->partitions;
	router->partitions = partition;
	router->partition_count++;
	MemoryContextSwitchTo(old);
	result->ri_CopyMultiInsertBuffer = reinterpret_cast<struct CopyMultiInsertBuffer *>(partition);
	return partition;
}

void
EndBulk(PartitionRouter *router, Partition *partition)
{
	if (partition->bulk != nullptr) {
		FreeBulkInsertState(partition->bulk);
		partition->bulk = nullptr;
		router->bulk_states--;
	}
}

void
BeginBulk(PartitionRouter *router, Partition *partition)
{
	partition->last_written = ++router->writes;
	if (partition->bulk != nullptr) {
		return;
	}
	if (router->bulk_states >= kMaxBulkStates) {
		Partition *oldest = nullptr;
		for (Partition *other = router->partitions; other != nullptr; other = other->next) {
			if (other->bulk != nullptr && (oldest == nullptr || other->last_written < oldest->last_written)) {
				oldest = other;
			}
		}
		EndBulk(router, oldest);
	}
	MemoryContext old = MemoryContextSwitchTo(router->memory);
	partition->bulk = GetBulkInsertState();
	MemoryContextSwitchTo(old);
	router->bulk_states++;
}

void
WritePartition(PartitionRouter *router, Partition *partition)
{
	CHECK_FOR_INTERRUPTS();
	if (partition->waiting == 0) {
		return;
	}
	ResultRelInfo *result = partition->result;
	BeginBulk(router, partition);
	MemoryContext old = MemoryContextSwitchTo(router->scratch);
	router->row = 0;
	table_multi_insert(partition->target, partition->slots, partition->waiting, router->command, router->insert_options,
					   partition->bulk);
	bool const has_indexes = !router->options.replace && result->ri_NumIndices > 0;
	for (int i = 0; i < partition->waiting; ++i) {
		partition->first_block =
			std::min(partition->first_block, ItemPointerGetBlockNumberNoCheck(&partition->slots[i]->tts_tid));
		if (has_indexes) {
			CHECK_FOR_INTERRUPTS();
			router->row = partition->numbers[i];
			ResetPerTupleExprContext(router->estate);
			pg::compat::InsertIndexTuples(result, partition->slots[i], router->estate);
		}
		ExecClearTuple(partition->slots[i]);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(router->scratch);
	router->waiting -= partition->waiting;
	router->bytes -= partition->bytes;
	partition->waiting = 0;
	partition->bytes = 0;
	// Many partitions with many slots each would add up.
	if (router->slots > router->max_rows) {
		for (int i = 0; i < partition->made; ++i) {
			ExecDropSingleTupleTableSlot(partition->slots[i]);
			partition->slots[i] = nullptr;
		}
		router->slots -= partition->made;
		partition->made = 0;
	}
}

void
WriteFullest(PartitionRouter *router)
{
	Partition *fullest = nullptr;
	bool const by_bytes = router->bytes > kMaxWaitingBytes;
	for (Partition *partition = router->partitions; partition != nullptr; partition = partition->next) {
		if (fullest == nullptr ||
			(by_bytes ? partition->bytes > fullest->bytes : partition->waiting > fullest->waiting)) {
			fullest = partition;
		}
	}
	WritePartition(router, fullest);
}

void
MakeSlot(PartitionRouter *router, Partition *partition)
{
	MemoryContext old = MemoryContextSwitchTo(router->memory);
	if (partition->made == partition->room) {
		partition->room = std::min(partition->room * 4, kBatchRows);
		partition->slots =
			static_cast<TupleTableSlot **>(repalloc(partition->slots, sizeof(TupleTableSlot *) * partition->room));
		partition->numbers = static_cast<int64 *>(repalloc(partition->numbers, sizeof(int64) * partition->room));
	}
	partition->slots[partition->made++] = MakeSingleTupleTableSlot(partition->row_type, &TTSOpsBufferHeapTuple);
	router->slots++;
	MemoryContextSwitchTo(old);
}

// The row as the partition stores it, with its generated columns, checked. Forms the tuple, so nothing of the batch
// is needed after it.
void
Keep(PartitionRouter *router, Partition *partition, TupleTableSlot *row)
{
	ResultRelInfo *result = partition->result;
	if (partition->map != nullptr) {
		row = execute_attr_map_slot(partition->map->attrMap, row, partition->converted);
	}
	row->tts_tableOid = RelationGetRelid(result->ri_RelationDesc);
	if (partition->has_generated) {
		ExecComputeStoredGenerated(result, router->estate, row, CMD_INSERT);
	}
	if (partition->has_constraints) {
		ExecConstraints(result, row, router->estate);
	}
	partition->rows++;
	if (partition->direct != nullptr) {
		WriteDirectRow(partition->direct, partition->row_type, row);
		return;
	}
	int const place = partition->waiting;
	if (place == partition->made) {
		MakeSlot(router, partition);
	}
	TupleTableSlot *slot = partition->slots[place];
	ExecCopySlot(slot, row);
	slot->tts_tableOid = row->tts_tableOid;
	if (partition->converted != nullptr) {
		ExecClearTuple(partition->converted);
	}
	int64 const bytes = reinterpret_cast<HeapTupleTableSlot *>(slot)->tuple->t_len;
	partition->numbers[place] = router->row;
	partition->waiting++;
	partition->bytes += bytes;
	router->waiting++;
	router->bytes += bytes;
}

} // namespace

PartitionRouter *
OpenPartitionRouter(Relation parent, RouterOptions options)
{
	auto *router = static_cast<PartitionRouter *>(palloc0(sizeof(PartitionRouter)));
	router->parent = parent;
	router->options = options;
	router->insert_options = (options.replace || options.find_again ? TABLE_INSERT_SKIP_FSM : 0) |
							 (options.frozen ? TABLE_INSERT_FROZEN : 0);
	router->memory = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice partitions", ALLOCSET_DEFAULT_SIZES);
	router->scratch = AllocSetContextCreate(router->memory, "pg_sluice partition write", ALLOCSET_DEFAULT_SIZES);
	router->estate = CreateExecutorState();
	router->command = GetCurrentCommandId(true);
	auto const slot_bytes = static_cast<int64>(sizeof(BufferHeapTupleTableSlot) +
											   RelationGetNumberOfAttributes(parent) * (sizeof(Datum) + sizeof(bool)));
	router->max_rows = std::min(kMaxWaitingRows, kMaxSlotBytes / slot_bytes);
	MemoryContext old = MemoryContextSwitchTo(router->estate->es_query_cxt);
	Bitmapset *inserted = nullptr;
	for (int i = 0; i < RelationGetNumberOfAttributes(parent); ++i) {
		inserted = bms_add_member(inserted, i + 1 - FirstLowInvalidHeapAttributeNumber);
	}
	pg::compat::InitTargetRangeTable(router->estate, parent, inserted);
	router->root = makeNode(ResultRelInfo);
	InitResultRelInfo(router->root, parent, 1, nullptr, 0);
	pg::compat::CheckTargetOf(router->root, CMD_INSERT);
	// What the routing looks at of an INSERT.
	router->state = makeNode(ModifyTableState);
	router->state->ps.state = router->estate;
	router->state->operation = CMD_INSERT;
	router->state->mt_nrels = 1;
	router->state->resultRelInfo = router->root;
	router->state->rootResultRelInfo = router->root;
	router->routing = ExecSetupPartitionTupleRouting(router->estate, parent);
	MemoryContextSwitchTo(old);
	return router;
}

void
RouteBatch(PartitionRouter *router, Batch *batch)
{
	ErrorContextCallback callback;
	callback.callback = NameRoutedRow;
	callback.arg = router;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext old = MemoryContextSwitchTo(GetPerTupleMemoryContext(router->estate));
	for (int i = 0; i < batch->count; ++i) {
		CHECK_FOR_INTERRUPTS();
		TupleTableSlot *row = batch->slots[i];
		router->row = router->rows + i + 1;
		ResetPerTupleExprContext(router->estate);
		row->tts_tableOid = RelationGetRelid(router->parent);
		ResultRelInfo *result = ExecFindPartition(router->state, router->root, router->routing, row, router->estate);
		Partition *partition = FindPartition(router, result);
		Keep(router, partition, row);
		if (partition->waiting == kBatchRows) {
			WritePartition(router, partition);
		}
		while (router->waiting > router->max_rows || router->bytes > kMaxWaitingBytes) {
			WriteFullest(router);
		}
	}
	MemoryContextSwitchTo(old);
	router->rows += batch->count;
	error_context_stack = callback.previous;
}

RoutedRows *
ClosePartitionRouter(PartitionRouter *router)
{
	auto *routed = static_cast<RoutedRows *>(palloc0(sizeof(RoutedRows)));
	routed->partitions =
		static_cast<RoutedPartition *>(palloc0(sizeof(RoutedPartition) * (router->partition_count + 1)));
	routed->rows = router->rows;
	routed->transaction = GetCurrentTransactionId();
	ErrorContextCallback callback;
	callback.callback = NameRoutedRow;
	callback.arg = router;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	for (Partition *partition = router->partitions; partition != nullptr; partition = partition->next) {
		WritePartition(router, partition);
		EndBulk(router, partition);
		if (partition->direct != nullptr) {
			CloseDirectWriter(partition->direct);
		} else {
			table_finish_bulk_insert(partition->target, router->insert_options);
		}
		RoutedPartition *done = &routed->partitions[routed->count++];
		done->partition = RelationGetRelid(partition->result->ri_RelationDesc);
		done->rows = partition->rows;
		done->first_block = partition->first_block;
		if (router->options.replace) {
			done->heap = RelationGetRelid(partition->target);
			table_close(partition->target, NoLock);
		}
		for (int i = 0; i < partition->made; ++i) {
			ExecDropSingleTupleTableSlot(partition->slots[i]);
		}
		if (partition->converted != nullptr) {
			ExecDropSingleTupleTableSlot(partition->converted);
		}
		partition->result->ri_CopyMultiInsertBuffer = nullptr;
	}
	error_context_stack = callback.previous;
	ExecResetTupleTable(router->estate->es_tupleTable, false);
	ExecCleanupTupleRouting(router->state, router->routing);
	FreeExecutorState(router->estate);
	MemoryContextDelete(router->memory);
	return routed;
}

} // namespace sluice::engine::leaf
