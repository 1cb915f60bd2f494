#include "engine/sinks/partition_sink.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

void
PartitionSink::Open()
{
	router_ = pg::Call(leaf::OpenPartitionRouter, destination_);
}

void
PartitionSink::Write(Batch *batch)
{
	pg::Call(leaf::RouteBatch, router_, batch);
}

int64_t
PartitionSink::Finish()
{
	return pg::Call(leaf::ClosePartitionRouter, std::exchange(router_, nullptr));
}

} // namespace sluice::engine
