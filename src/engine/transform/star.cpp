#include "engine/transform/star.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kSelect = "SELECT\n";

bool
IsStar(const Node *node)
{
	if (node == nullptr || !IsA(node, ColumnRef)) {
		return false;
	}
	List *const fields = reinterpret_cast<const ColumnRef *>(node)->fields;
	return IsA(llast(fields), A_Star) &&
		   (list_length(fields) == 1 || (list_length(fields) == 2 && IsA(linitial(fields), String) &&
										 strcmp(strVal(linitial(fields)), "source") == 0));
}

} // namespace

const char *
ReplaceStars(const char *select_list, const char *visible)
{
	List *statements = raw_parser(psprintf("%s%s", kSelect, select_list), RAW_PARSE_DEFAULT);
	auto *select = reinterpret_cast<SelectStmt *>(linitial_node(RawStmt, statements)->stmt);
	StringInfoData replaced;
	initStringInfo(&replaced);
	const char *copied = select_list;
	ListCell *cell;
	foreach (cell, select->targetList) {
		const Node *value = lfirst_node(ResTarget, cell)->val;
		if (!IsStar(value)) {
			continue;
		}
		const char *const begin =
			select_list + reinterpret_cast<const ColumnRef *>(value)->location - static_cast<int>(strlen(kSelect));
		const char *const star = strchr(begin, '*');
		if (star == nullptr) {
			continue;
		}
		appendBinaryStringInfo(&replaced, copied, static_cast<int>(begin - copied));
		appendStringInfoString(&replaced, visible);
		copied = star + 1;
	}
	appendStringInfoString(&replaced, copied);
	return replaced.data;
}

} // namespace sluice::engine::leaf
