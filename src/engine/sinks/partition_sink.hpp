// Rows appended to a partitioned table whose partitions are plain tables.
#pragma once

#include "engine/sinks/partition_router_leaf.hpp"
#include "engine/sinks/sink.hpp"

namespace sluice::engine {

class PartitionSink final : public Sink {
public:
	explicit PartitionSink(Relation destination) : destination_(destination) {}
	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

private:
	Relation destination_;
	leaf::PartitionRouter *router_ = nullptr;
};

} // namespace sluice::engine
