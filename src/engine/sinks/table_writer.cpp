#include "engine/sinks/table_writer.hpp"

#include "pg/guard.hpp"

namespace sluice::engine {

void
TableWriter::Open(Relation destination, Relation target, int options)
{
	heap_ = pg::Call(leaf::OpenHeapWriter, destination, target, options);
}

void
TableWriter::OpenDirect(Relation destination, Relation target, bool frozen)
{
	direct_ = pg::Call(leaf::OpenDirectWriter, destination, target, frozen);
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

} // namespace sluice::engine
