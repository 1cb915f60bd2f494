// Decodes the rows of COPY ... (FORMAT binary) into a batch. The hot loop of the PostgreSQL source.
//
// Leaf regime. The wire is not trusted: every count and length is checked, text is verified against the
// database's encoding, and a value whose form is not exactly the expected one is an error.
#pragma once

#include "engine/rows/row_texts.hpp"
#include "engine/wire/copy_value.hpp"
#include "engine/wire/row_decoder.hpp"
#include "pg/remote_link.hpp"

namespace sluice::engine::leaf {

struct CopyDecoder {
	RowDecoder base;
	pg::leaf::Remote *remote;
	ValueDecoder values;
	DecodeColumn *columns; // in wire order
	WireCursor row;		   // the fields of the row that was begun last
	bool header_seen;
	bool trailer_seen;
};

// In the current memory context. needed: one bool per attribute of row_type; as_text: whether its values come as their
// type's text.
CopyDecoder *CreateCopyDecoder(pg::leaf::Remote *remote, TupleDesc row_type, const bool *needed, const bool *as_text,
							   const char *label);
// Appends rows until the batch is full; false when there was none left to append.
bool FillFromCopy(CopyDecoder *decoder, Batch *batch);

// After an error: whether a value of a row is to blame.
bool IsInRow(const CopyDecoder *decoder);
// Its next field, from decoder->row on, by the value that is made of it or as it came. False: there is no more.
bool AddCopyField(CopyDecoder *decoder, int index, bool as_it_came, WireCursor *fields, RowTexts *texts);
// The next FillFromCopy begins behind it.
void SkipCopyRow(CopyDecoder *decoder);

} // namespace sluice::engine::leaf
