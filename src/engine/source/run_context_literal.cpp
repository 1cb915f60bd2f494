#include "engine/source/run_context_literal.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "parser/scanner.h"
}

namespace sluice::engine::leaf {

namespace {

// The first token number of every grammar on the core scanner; plpgsql relies on it too.
constexpr int kIdentifier = 258;

struct Token {
	int kind;
	int start;
	bool is_run_context;
};

} // namespace

char *
ReplaceRunContext(const char *query, const char *literal)
{
	core_yy_extra_type extra;
	core_YYSTYPE value;
	YYLTYPE location = 0;
	StringInfoData out;
	initStringInfo(&out);
	core_yyscan_t scanner = scanner_init(query, &extra, &ScanKeywords, ScanKeywordTokens);

	// The last four tokens: [schema .] run_context ( — the call is complete at the closing parenthesis.
	Token last[4] = {};
	int copied = 0;
	int end = -1; // where a semicolon was, or several
	for (;;) {
		int const kind = core_yylex(&value, &location, scanner);
		if (kind == 0) {
			break;
		}
		if (kind == ';') {
			end = end < 0 ? location : end;
			continue;
		}
		if (end >= 0) {
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("source_query must be one SELECT"),
							errhint("Something follows its semicolon: leave out one of the statements.")));
		}
		if (kind == ')' && last[3].kind == '(' && last[2].is_run_context) {
			bool const qualified = last[1].kind == '.' && last[0].kind == kIdentifier;
			int const start = qualified ? last[0].start : last[2].start;
			appendBinaryStringInfo(&out, query + copied, start - copied);
			appendStringInfoString(&out, literal);
			copied = location + 1;
		}
		last[0] = last[1];
		last[1] = last[2];
		last[2] = last[3];
		last[3] = {kind, location, kind == kIdentifier && strcmp(value.str, "run_context") == 0};
	}
	scanner_finish(scanner);
	appendBinaryStringInfo(&out, query + copied, (end < 0 ? static_cast<int>(strlen(query)) : end) - copied);
	return out.data;
}

} // namespace sluice::engine::leaf
