// COPY into a table at another PostgreSQL. One transaction there; RemoteDestination holds it.
#pragma once

#include "engine/load/load.hpp"
#include "engine/target/remote_destination.hpp"
#include "engine/wire/copy_encoder.hpp"

namespace sluice::engine {

class RemoteLoad final : public Load {
public:
	explicit RemoteLoad(RemoteDestination &destination) : destination_(destination) {}

	void Open() override;
	void Write(Batch *batch) override;
	bool TakesRowsAway() override { return destination_.HasDeleted(); }
	LoadCounts Finish() override;

private:
	RemoteDestination &destination_;
	leaf::CopyEncoder *encoder_ = nullptr;
};

} // namespace sluice::engine
