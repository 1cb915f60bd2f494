// The fast way into a partitioned table: each row is routed to its partition. Appended rows wait in a buffer of the
// partition until enough of them can be written at once; bounded over all partitions: when too many rows or bytes wait,
// the fullest buffer is written. Rows that replace others go into a new heap of each partition, made when the first
// one comes: directly, page by page, in the first partitions; by the buffers above in all others.
#pragma once

#include "engine/rows/batch.hpp"

namespace sluice::engine::leaf {

struct RouterOptions {
	bool replace;	 // SHARE ROW EXCLUSIVE is held on all partitions
	bool direct;	 // with replace
	bool frozen;	 // with replace
	bool find_again; // appended rows are asked for by their place: they do not fill holes
};

struct RoutedPartition {
	Oid partition;
	Oid heap; // the new one, or InvalidOid
	int64 rows;
	BlockNumber first_block; // lowest block that was written to, of appended rows
};

struct RoutedRows {
	int64 rows;
	TransactionId transaction; // that wrote them
	int count;
	RoutedPartition *partitions;
};

struct PartitionRouter;

PartitionRouter *OpenPartitionRouter(Relation parent, RouterOptions options);
void RouteBatch(PartitionRouter *router, Batch *batch);
// Writes what waits; says what went where.
RoutedRows *ClosePartitionRouter(PartitionRouter *router);

} // namespace sluice::engine::leaf
