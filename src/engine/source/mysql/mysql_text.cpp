#include "engine/source/mysql/mysql_text.hpp"

namespace sluice::engine::leaf {

namespace {

const char *
OnlyAscii(const char *text)
{
	char *copy = pstrdup(text);
	for (char *at = copy; *at != '\0'; ++at) {
		if (IS_HIGHBIT_SET(*at)) {
			*at = '?';
		}
	}
	return copy;
}

} // namespace

const char *
TextToMysql(const char *text)
{
	return pg_server_to_any(text, static_cast<int>(strlen(text)), PG_UTF8);
}

const char *
TextFromMysql(const char *text)
{
	auto const length = static_cast<int>(strlen(text));
	int const encoding = GetDatabaseEncoding();
	if (!pg_verify_mbstr(PG_UTF8, text, length, true)) {
		return OnlyAscii(text);
	}
	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII) {
		return text;
	}
	Oid const conversion = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(conversion)) {
		return OnlyAscii(text);
	}
	Size const size = static_cast<Size>(length) * MAX_CONVERSION_GROWTH + 1;
	auto *converted = static_cast<unsigned char *>(palloc(size));
	auto *source = reinterpret_cast<unsigned char *>(pstrdup(text));
	int const taken = pg_do_encoding_conversion_buf(conversion, PG_UTF8, encoding, source, length, converted,
													static_cast<int>(size), true);
	return taken == length ? reinterpret_cast<const char *>(converted) : OnlyAscii(text);
}

} // namespace sluice::engine::leaf
