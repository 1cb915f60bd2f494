#include "engine/wire/copy_encoder.hpp"

#include "engine/wire/wire_kind.hpp"
#include "pg/remote_copy_in.hpp"

extern "C" {
#include "port/pg_bswap.h"
#include "utils/date.h"
}

namespace sluice::engine::leaf {

struct EncodeColumn {
	WireKind kind;
	int16 size; // of the type, -1: varies
	FmgrInfo function;
};

namespace {

constexpr size_t kBufferSize = 256 * 1024;
// What functions of types may leave behind before it is freed.
constexpr Size kScratchLimit = 1024 * 1024;
// The signature, no flags, no extension.
constexpr char kHeader[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
constexpr size_t kHeaderLength = 19;

// What EncodeBinary writes without a call.
bool
IsNative(WireKind kind)
{
	switch (kind) {
	case WireKind::Timetz:
	case WireKind::Interval:
	case WireKind::Numeric:
	case WireKind::Jsonb:
	case WireKind::Inet:
	case WireKind::Cidr:
	case WireKind::Array:
	case WireKind::Other:
		return false;
	default:
		return true;
	}
}

void
Put(CopyEncoder *encoder, const char *data, size_t length)
{
	encoder->sending = true;
	pg::leaf::RemotePutCopy(encoder->remote, data, length);
	encoder->sending = false;
	encoder->bytes += static_cast<int64>(length);
}

void
SendBuffer(CopyEncoder *encoder)
{
	Put(encoder, encoder->buffer, encoder->used);
	encoder->used = 0;
}

// Room for that many bytes, fewer than the buffer has.
inline char *
Reserve(CopyEncoder *encoder, size_t length)
{
	if (encoder->used + length > kBufferSize) {
		SendBuffer(encoder);
	}
	char *const at = encoder->buffer + encoder->used;
	encoder->used += length;
	return at;
}

void
Append(CopyEncoder *encoder, const char *data, size_t length)
{
	if (length < kBufferSize) {
		memcpy(Reserve(encoder, length), data, length);
		return;
	}
	SendBuffer(encoder);
	Put(encoder, data, length);
}

inline void
AppendInt16(CopyEncoder *encoder, uint16 value)
{
	value = pg_hton16(value);
	memcpy(Reserve(encoder, sizeof(value)), &value, sizeof(value));
}

inline void
AppendInt32(CopyEncoder *encoder, uint32 value)
{
	value = pg_hton32(value);
	memcpy(Reserve(encoder, sizeof(value)), &value, sizeof(value));
}

// The length and the bytes of a value of at most eight.
template <typename T>
inline void
AppendFixed(CopyEncoder *encoder, T network_order)
{
	char *const at = Reserve(encoder, sizeof(uint32) + sizeof(T));
	uint32 const length = pg_hton32(static_cast<uint32>(sizeof(T)));
	memcpy(at, &length, sizeof(length));
	memcpy(at + sizeof(length), &network_order, sizeof(T));
}

void
EncodeBinary(CopyEncoder *encoder, EncodeColumn *column, Datum value)
{
	static_assert(FLOAT8PASSBYVAL, "values of eight bytes are passed by value");
	switch (column->kind) {
	case WireKind::Bool:
		AppendFixed(encoder, static_cast<char>(DatumGetBool(value) ? 1 : 0));
		return;
	case WireKind::Int2:
		AppendFixed(encoder, pg_hton16(static_cast<uint16>(DatumGetInt16(value))));
		return;
	case WireKind::Int4:
	case WireKind::Float4:
	case WireKind::Date:
		AppendFixed(encoder, pg_hton32(DatumGetUInt32(value)));
		return;
	case WireKind::Int8:
	case WireKind::Float8:
	case WireKind::Time:
	case WireKind::Timestamp:
		AppendFixed(encoder, pg_hton64(DatumGetUInt64(value)));
		return;
	case WireKind::Fixed:
		AppendInt32(encoder, static_cast<uint32>(column->size));
		Append(encoder, DatumGetPointer(value), column->size);
		return;
	case WireKind::Text:
	case WireKind::Varchar:
	case WireKind::Bpchar:
	case WireKind::Bytea:
	case WireKind::Json: {
		struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);
		size_t const length = VARSIZE_ANY_EXHDR(bytes);
		AppendInt32(encoder, static_cast<uint32>(length));
		Append(encoder, VARDATA_ANY(bytes), length);
		return;
	}
	default: {
		bytea *bytes = SendFunctionCall(&column->function, value);
		size_t const length = VARSIZE(bytes) - VARHDRSZ;
		AppendInt32(encoder, static_cast<uint32>(length));
		Append(encoder, VARDATA(bytes), length);
		return;
	}
	}
}

// The letter that stands for a character after a backslash, or 0.
inline char
EscapeOf(char character)
{
	switch (character) {
	case '\\':
		return '\\';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	default:
		return '\0';
	}
}

// No encoding that a database can have uses such a byte within a character.
void
AppendEscaped(CopyEncoder *encoder, const char *text)
{
	const char *start = text;
	for (const char *at = text;; ++at) {
		char const escape = EscapeOf(*at);
		if (*at != '\0' && escape == '\0') {
			continue;
		}
		Append(encoder, start, static_cast<size_t>(at - start));
		if (*at == '\0') {
			return;
		}
		char *const pair = Reserve(encoder, 2);
		pair[0] = '\\';
		pair[1] = escape;
		start = at + 1;
	}
}

void
EncodeRow(CopyEncoder *encoder, const TupleTableSlot *row)
{
	if (encoder->binary) {
		AppendInt16(encoder, static_cast<uint16>(encoder->column_count));
		for (int i = 0; i < encoder->column_count; ++i) {
			if (row->tts_isnull[i]) {
				AppendInt32(encoder, static_cast<uint32>(-1));
			} else {
				EncodeBinary(encoder, &encoder->columns[i], row->tts_values[i]);
			}
		}
		return;
	}
	for (int i = 0; i < encoder->column_count; ++i) {
		if (i > 0) {
			*Reserve(encoder, 1) = '\t';
		}
		if (row->tts_isnull[i]) {
			Append(encoder, "\\N", 2);
		} else {
			AppendEscaped(encoder, OutputFunctionCall(&encoder->columns[i].function, row->tts_values[i]));
		}
	}
	*Reserve(encoder, 1) = '\n';
}

void
NameRow(void *argument)
{
	const auto *encoder = static_cast<const CopyEncoder *>(argument);
	if (!encoder->sending) {
		errcontext("pipeline row " INT64_FORMAT, encoder->rows + 1);
	}
}

} // namespace

CopyEncoder *
CreateCopyEncoder(pg::leaf::Remote *remote, TupleDesc row_type, bool binary)
{
	auto *encoder = static_cast<CopyEncoder *>(palloc0(sizeof(CopyEncoder)));
	encoder->remote = remote;
	encoder->binary = binary;
	encoder->column_count = row_type->natts;
	encoder->columns = static_cast<EncodeColumn *>(palloc0(sizeof(EncodeColumn) * (row_type->natts + 1)));
	encoder->buffer = static_cast<char *>(palloc(kBufferSize));
	encoder->scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_sluice encoder", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < row_type->natts; ++i) {
		EncodeColumn *column = &encoder->columns[i];
		Oid const type = TupleDescAttr(row_type, i)->atttypid;
		column->kind = WireKindOf(type);
		column->size = get_typlen(type);
		Oid function = InvalidOid;
		bool is_varlena = false;
		if (!binary) {
			getTypeOutputInfo(type, &function, &is_varlena);
		} else if (!IsNative(column->kind)) {
			getTypeBinaryOutputInfo(type, &function, &is_varlena);
		}
		if (OidIsValid(function)) {
			fmgr_info(function, &column->function);
		}
	}
	if (binary) {
		Append(encoder, kHeader, kHeaderLength);
	}
	return encoder;
}

void
EncodeBatch(CopyEncoder *encoder, Batch *batch)
{
	ErrorContextCallback callback;
	callback.callback = NameRow;
	callback.arg = encoder;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	MemoryContext const outer = MemoryContextSwitchTo(encoder->scratch);
	for (int i = 0; i < batch->count; ++i) {
		CHECK_FOR_INTERRUPTS();
		EncodeRow(encoder, batch->slots[i]);
		encoder->rows++;
		if (MemoryContextMemAllocated(encoder->scratch, false) > kScratchLimit) {
			MemoryContextReset(encoder->scratch);
		}
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(encoder->scratch);
	error_context_stack = callback.previous;
}

void
FinishEncoding(CopyEncoder *encoder)
{
	if (encoder->binary) {
		AppendInt16(encoder, static_cast<uint16>(-1));
	}
	SendBuffer(encoder);
}

} // namespace sluice::engine::leaf
