#include "engine/wire/text_repair.hpp"

namespace sluice::engine::leaf {

namespace {

// How long the character there is; 0: there is none.
Size
CharacterAt(int encoding, const char *data, Size left)
{
	auto const longest = static_cast<Size>(pg_encoding_max_length(encoding));
	for (Size length = 1; length <= longest && length <= left; ++length) {
		if (pg_verify_mbstr(encoding, data, static_cast<int>(length), true)) {
			return length;
		}
	}
	return 0;
}

} // namespace

char *
RepairText(const TextRepair *repair, int encoding, const char *data, Size *length)
{
	constexpr char kReplacement[] = "\xEF\xBF\xBD";
	const char *const mark = encoding == PG_UTF8 ? kReplacement : "?";
	Size const marked = strlen(mark);
	char *const text = static_cast<char *>(palloc(*length * marked + 1));
	Size used = 0;
	for (Size i = 0; i < *length;) {
		if (data[i] == '\0') {
			if (!repair->strip_nul) {
				text[used++] = '\0';
			}
			++i;
			continue;
		}
		Size const size = CharacterAt(encoding, data + i, *length - i);
		if (size > 0 || !repair->replace_invalid) {
			Size const taken = std::max<Size>(size, 1);
			memcpy(text + used, data + i, taken);
			used += taken;
			i += taken;
		} else {
			memcpy(text + used, mark, marked);
			used += marked;
			++i;
		}
	}
	text[used] = '\0';
	*length = used;
	return text;
}

} // namespace sluice::engine::leaf
