#include "engine/load/remote_sink.hpp"

namespace sluice::engine {

void
RemoteSink::Open()
{
	destination_.StartCopy();
	encoder_ =
		pg::Call(leaf::CreateCopyEncoder, destination_.Connection(), destination_.RowType(), destination_.InBinary());
}

void
RemoteSink::Write(Batch *batch)
{
	try {
		pg::Call(leaf::EncodeBatch, encoder_, batch);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
}

int64_t
RemoteSink::Finish()
{
	try {
		pg::Call(leaf::FinishEncoding, encoder_);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
	return destination_.EndCopy(encoder_->rows);
}

} // namespace sluice::engine
