// Decodes rows of MySQL's binary protocol into a batch. The hot loop of the MySQL source.
//
// Leaf regime. The wire is not trusted: every length is checked against the row, text is verified and converted from
// utf8mb4, and a value whose form is not exactly the expected one is an error.
#pragma once

#include "core/mysql_wire.hpp"
#include "engine/rows/row_texts.hpp"
#include "engine/source/mysql/mysql_link.hpp"
#include "engine/wire/row_decoder.hpp"
#include "engine/wire/text_repair.hpp"

namespace sluice::engine::leaf {

enum class MysqlKind : uint8 {
	Tiny,
	UnsignedTiny,
	Short, // and year
	UnsignedShort,
	Long, // and mediumint
	UnsignedLong,
	Longlong,
	UnsignedLonglong, // becomes numeric
	Float,
	Double,
	Decimal,
	Date,
	Datetime,
	Timestamp, // an instant: the session there is in UTC
	Time,
	Interval, // a time that may exceed a day
	Bit,
	Text,
	Varchar, // with a length
	Bpchar,	 // with a length
	Bytea,
	Vector, // of floats, becomes real[]
	Input	// text that the type's input function reads
};

struct MysqlColumn {
	MysqlKind kind;
	int attribute; // index in the row
	int32 typmod;
	FmgrInfo input;
	Oid io_parameter;
};

struct MysqlDecoder {
	RowDecoder base;
	MysqlLink *link;
	MysqlColumn *columns; // in wire order
	bool null_zero_dates; // else they are errors
	TextRepair repair;
	bool failed;	 // the link says why
	MysqlCursor row; // the values of the row that was begun last
	const unsigned char *nulls;
};

// In the current memory context. kinds: one per attribute of row_type; needed: the attributes that are on the wire.
MysqlDecoder *CreateMysqlDecoder(MysqlLink *link, TupleDesc row_type, const MysqlKind *kinds, const bool *needed,
								 const char *label);
// Appends rows until the batch is full; false when there was none left to append, or decoder->failed.
bool FillFromMysql(MysqlDecoder *decoder, Batch *batch);

// After an error: whether a value of a row is to blame.
bool IsInRow(const MysqlDecoder *decoder);
// Its next value, from decoder->row on, as what is made of it or as it came. False: there is no more.
bool AddMysqlValue(MysqlDecoder *decoder, int index, bool as_it_came, MysqlCursor *values, RowTexts *texts);

} // namespace sluice::engine::leaf
