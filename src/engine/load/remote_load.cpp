#include "engine/load/remote_load.hpp"

namespace sluice::engine {

void
RemoteLoad::Open()
{
	destination_.StartCopy();
	encoder_ =
		pg::Call(leaf::CreateCopyEncoder, destination_.Connection(), destination_.RowType(), destination_.InBinary());
}

void
RemoteLoad::Write(Batch *batch)
{
	try {
		pg::Call(leaf::EncodeBatch, encoder_, batch);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
}

LoadCounts
RemoteLoad::Finish()
{
	try {
		pg::Call(leaf::FinishEncoding, encoder_);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
	return {destination_.EndCopy(encoder_->rows)};
}

} // namespace sluice::engine
