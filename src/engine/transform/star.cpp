#include "engine/transform/star.hpp"

#include "pg/compat.hpp"

extern "C" {
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
}

namespace sluice::engine::leaf {

namespace {

constexpr const char *kSelect = "SELECT\n";

const SelectStmt *
Parse(const char *select_list, const char *select = kSelect)
{
	List *statements = raw_parser(psprintf("%s%s", select, select_list), RAW_PARSE_DEFAULT);
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

bool
NoteNames(Node *node, void *context)
{
	auto *found = static_cast<NamesFound *>(context);
	if (node == nullptr) {
		return false;
	}
	if (!IsA(node, ColumnRef)) {
		return pg::compat::WalkRaw(node, NoteNames, context);
	}
	List *const fields = reinterpret_cast<ColumnRef *>(node)->fields;
	ListCell *cell;
	foreach (cell, fields) {
		auto *field = static_cast<Node *>(lfirst(cell));
		if (IsA(field, String)) {
			found->names = lappend(found->names, strVal(field));
		}
	}
	// Before more fields the name is that of the table.
	found->whole_row = found->whole_row || IsA(llast(fields), A_Star) ||
					   (list_length(fields) == 1 && strcmp(strVal(linitial(fields)), "source") == 0);
	return false;
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
HasStar(const char *select_list)
{
	ListCell *cell;
	foreach (cell, Parse(select_list)->targetList) {
		if (IsStar(lfirst_node(ResTarget, cell)->val)) {
			return true;
		}
	}
	return false;
}

void
FindNames(const char *select_list, const char *condition, NamesFound *found)
{
	if (select_list != nullptr) {
		ListCell *cell;
		foreach (cell, Parse(select_list)->targetList) {
			Node *value = lfirst_node(ResTarget, cell)->val;
			if (!IsStar(value)) {
				(void)NoteNames(value, found);
			}
		}
	}
	if (condition != nullptr) {
		(void)NoteNames(Parse(condition, "SELECT WHERE\n")->whereClause, found);
	}
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
