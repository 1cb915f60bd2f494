// COPY into a table at another PostgreSQL. One transaction there; RemoteDestination holds it.
#pragma once

#include "engine/load/sink.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/wire/copy_encoder.hpp"

namespace sluice::engine {

class RemoteSink final : public Sink {
public:
	explicit RemoteSink(RemoteDestination &destination) : destination_(destination) {}

	void Open() override;
	void Write(Batch *batch) override;
	int64_t Finish() override;

private:
	RemoteDestination &destination_;
	leaf::CopyEncoder *encoder_ = nullptr;
};

} // namespace sluice::engine
