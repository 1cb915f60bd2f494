// Rows on their way into a table at a destination server: one COPY in the transaction there.
#pragma once

#include "engine/target/remote_destination.hpp"
#include "engine/wire/copy_encoder.hpp"

namespace sluice::engine {

class RemoteRows {
public:
	explicit RemoteRows(RemoteDestination &destination) : destination_(destination) {}

	// table: qualified, with the columns of that shape.
	void Begin(const std::string &table, const RemoteShape &shape);
	void Write(Batch *batch);
	// Returns how many rows the server has taken.
	int64_t End();
	int64_t Sent() const { return encoder_->rows; }

private:
	RemoteDestination &destination_;
	leaf::CopyEncoder *encoder_ = nullptr;
};

} // namespace sluice::engine
