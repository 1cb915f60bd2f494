// Rows of a batch as a COPY stream, binary or text, on their way to another PostgreSQL. The hot loop of the
// remote load: functions of types are looked up once, common types are written inline, and a large value is sent
// from where it lies.
//
// Leaf regime.
#pragma once

#include "engine/rows/batch.hpp"
#include "pg/remote_link.hpp"

namespace sluice::engine::leaf {

struct EncodeColumn;

struct CopyEncoder {
	pg::leaf::Remote *remote;
	EncodeColumn *columns;
	int column_count;
	bool binary;
	MemoryContext scratch; // what functions of types allocate
	char *buffer;
	size_t used;
	bool sending; // an error now is not this row's
	int64 rows;
	int64 bytes; // sent
};

// In the current memory context. The COPY has been started; the stream's header is the first thing it sends.
CopyEncoder *CreateCopyEncoder(pg::leaf::Remote *remote, TupleDesc row_type, bool binary);
void EncodeBatch(CopyEncoder *encoder, Batch *batch);
// The stream's trailer; everything is sent.
void FinishEncoding(CopyEncoder *encoder);

} // namespace sluice::engine::leaf
