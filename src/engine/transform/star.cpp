#include "engine/transform/star.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kSelect = "SELECT\n";

const SelectStmt *
Parse(const char *select_list)
{
	List *statements = raw_parser(psprintf("%s%s", kSelect, select_list), RAW_PARSE_DEFAULT);
	return reinterpret_cast<const SelectStmt *>(linitial_node(RawStmt, statements)->stmt);
}

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
	const SelectStmt *select = Parse(select_list);
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

bool
IsNamed(const char *select_list, const char *column)
{
	ListCell *cell;
	foreach (cell, Parse(select_list)->targetList) {
		const Node *value = lfirst_node(ResTarget, cell)->val;
		if (!IsA(value, ColumnRef)) {
			continue;
		}
		const Node *last = static_cast<const Node *>(llast(reinterpret_cast<const ColumnRef *>(value)->fields));
		if (IsA(last, String) && strcmp(strVal(last), column) == 0) {
			return true;
		}
	}
	return false;
}

} // namespace sluice::engine::leaf
