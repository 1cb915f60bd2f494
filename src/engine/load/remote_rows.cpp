#include "engine/load/remote_rows.hpp"

namespace sluice::engine {

void
RemoteRows::Begin(const std::string &table, const RemoteShape &shape)
{
	destination_.StartCopy(table, shape);
	encoder_ = pg::Call(leaf::CreateCopyEncoder, destination_.Connection(), shape.row_type, shape.binary);
}

void
RemoteRows::Write(Batch *batch)
{
	try {
		pg::Call(leaf::EncodeBatch, encoder_, batch);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
}

int64_t
RemoteRows::End()
{
	try {
		pg::Call(leaf::FinishEncoding, encoder_);
	} catch (const Error &error) {
		throw AtDestination(error, destination_.Server());
	}
	return destination_.EndCopy();
}

} // namespace sluice::engine
