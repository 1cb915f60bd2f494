#include "engine/write/table_writer.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

void
TableWriter::Open(Relation destination, Relation target, int options)
{
	heap_ = pg::Call(leaf::OpenHeapWriter, destination, target, options);
}

void
TableWriter::OpenDirect(Relation destination, Relation target, bool frozen, bool analyze)
{
	direct_ = pg::Call(leaf::OpenDirectWriter, destination, target, frozen);
	statistics_ = analyze ? pg::Call(leaf::OpenSampleStatistics, destination) : nullptr;
	direct_->sample = statistics_ != nullptr ? &statistics_->sample : nullptr;
}

void
TableWriter::OpenShared(Relation destination, Relation target)
{
	direct_ = pg::Call(leaf::OpenSharedWriter, destination, target);
}

void
TableWriter::Write(Batch *batch)
{
	if (direct_ != nullptr) {
		pg::Call(leaf::WriteDirect, direct_, batch);
	} else {
		pg::Call(leaf::WriteHeap, heap_, batch);
	}
}

void
TableWriter::Close()
{
	if (direct_ != nullptr) {
		pg::Call(leaf::CloseDirectWriter, direct_);
	} else {
		pg::Call(leaf::CloseHeapWriter, heap_);
	}
}

bool
TableWriter::StoreStatistics(Oid target)
{
	return statistics_ != nullptr &&
		   pg::Call(leaf::StoreSampleStatistics, statistics_, target, static_cast<double>(Rows()));
}

} // namespace sluice::engine
