// Decodes the rows of COPY ... (FORMAT binary) into a batch. The hot loop of the PostgreSQL source.
//
// Leaf regime. The wire is not trusted: every count and length is checked, text is verified against the
// database's encoding, and a value whose form is not exactly the expected one is an error.
#pragma once

#include "engine/batch.hpp"
#include "pg/remote_leaf.hpp"

namespace sluice::engine::leaf {

enum class DecodeKind : uint8 {
	Bool,
	Int2,
	Int4,
	Int8,
	Float4,
	Float8,
	Date,
	Time,
	Timestamp,
	Uuid,
	Text,	 // text, and varchar without a length
	Varchar, // with a length: short ASCII values inline, the rest by its receive function
	Bpchar,
	Bytea,
	Numeric, // as a server sends it; the rest by its receive function
	Receive	 // the type's receive function
};

struct DecodeColumn {
	DecodeKind kind;
	int attribute; // index in the row
	int32 typmod;
	FmgrInfo receive;
	Oid io_parameter;
};

struct CopyDecoder {
	pg::leaf::Remote *remote;
	const char *label; // the source, for messages
	TupleDesc row_type;
	DecodeColumn *columns; // in wire order
	int column_count;
	int encoding;
	bool header_seen;
	bool trailer_seen;
	bool finished;
	int64 rows;
	int64 bytes;
	int current; // wire column being decoded, -1: none; for the error context
};

// In the current memory context. needed: one bool per attribute of row_type.
CopyDecoder *CreateCopyDecoder(pg::leaf::Remote *remote, TupleDesc row_type, const bool *needed, const char *label);
// Appends rows until the batch is full; false when there was none left to append.
bool FillFromCopy(CopyDecoder *decoder, Batch *batch);

} // namespace sluice::engine::leaf
