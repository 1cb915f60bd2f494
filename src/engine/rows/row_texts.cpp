#include "engine/rows/row_texts.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/json.h"
}

namespace sluice::engine::leaf {

namespace {

// Beyond that a row is not kept whole.
constexpr Size kLongestValue = 256 * 1024;
constexpr int kLongestRow = 1024 * 1024;

Size
CutAt(RowTexts *texts, const char *text, Size length)
{
	Size const most = texts->json.len >= kLongestRow ? 0 : kLongestValue;
	if (length <= most) {
		return length;
	}
	texts->is_cut = true;
	return static_cast<Size>(pg_mbcliplen(text, static_cast<int>(length), static_cast<int>(most)));
}

void
Append(RowTexts *texts, const char *name, const char *text)
{
	appendStringInfoChar(&texts->json, texts->json.len == 1 ? ' ' : ',');
	escape_json(&texts->json, name);
	appendStringInfoString(&texts->json, ": ");
	if (text == nullptr) {
		appendStringInfoString(&texts->json, "null");
	} else {
		escape_json(&texts->json, text);
	}
}

} // namespace

RowTexts *
BeginTexts()
{
	auto *texts = static_cast<RowTexts *>(palloc0(sizeof(RowTexts)));
	initStringInfo(&texts->json);
	appendStringInfoChar(&texts->json, '{');
	return texts;
}

void
AddValue(RowTexts *texts, const FormData_pg_attribute *attribute, Datum value, bool is_null)
{
	const char *text = nullptr;
	if (!is_null) {
		Oid function;
		bool varlena;
		getTypeOutputInfo(attribute->atttypid, &function, &varlena);
		const char *const whole = OidOutputFunctionCall(function, value);
		Size const length = strlen(whole);
		text = pnstrdup(whole, CutAt(texts, whole, length));
	}
	Append(texts, NameStr(attribute->attname), text);
}

void
AddBytes(RowTexts *texts, const char *name, const char *data, Size length)
{
	int const encoding = GetDatabaseEncoding();
	Size const most = texts->json.len >= kLongestRow ? 0 : kLongestValue;
	if (length > most) {
		texts->is_cut = true;
		length = most;
	}
	StringInfoData text;
	initStringInfo(&text);
	if (memchr(data, 0, length) == nullptr && pg_verify_mbstr(encoding, data, static_cast<int>(length), true)) {
		appendBinaryStringInfo(&text, data, static_cast<int>(length));
		Append(texts, name, text.data);
		return;
	}
	int const longest = pg_encoding_max_length(encoding);
	for (Size i = 0; i < length;) {
		Size size = 0;
		for (Size tried = 1; size == 0 && tried <= static_cast<Size>(longest) && i + tried <= length; ++tried) {
			bool const fits = data[i] != '\0' && pg_verify_mbstr(encoding, data + i, static_cast<int>(tried), true);
			size = fits ? tried : 0;
		}
		if (size == 0) {
			appendStringInfo(&text, "\\x%02X", static_cast<unsigned char>(data[i]));
			++i;
			continue;
		}
		if (data[i] == '\\') {
			appendStringInfoChar(&text, '\\');
		}
		appendBinaryStringInfo(&text, data + i, static_cast<int>(size));
		i += size;
	}
	Append(texts, name, text.data);
	texts->escaped = lappend(texts->escaped, pstrdup(name));
}

const char *
EndTexts(RowTexts *texts)
{
	appendStringInfoChar(&texts->json, '}');
	return texts->json.data;
}

} // namespace sluice::engine::leaf
