// The fast way into a partitioned table: each row is routed to its partition, where rows wait in a buffer until
// enough of them can be written at once. Bounded over all partitions: when too many rows or bytes wait, the fullest
// buffer is written.
#pragma once

#include "engine/batch.hpp"

namespace sluice::engine::leaf {

struct PartitionRouter;

PartitionRouter *OpenPartitionRouter(Relation parent);
void RouteBatch(PartitionRouter *router, Batch *batch);
// Writes what waits; returns how many rows were routed.
int64 ClosePartitionRouter(PartitionRouter *router);

} // namespace sluice::engine::leaf
