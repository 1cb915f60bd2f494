// Questions to a MySQL source about the values of a cursor, and the condition of a range in its language.
#pragma once

#include <optional>
#include <string>

#include "engine/source/cursor_range.hpp"
#include "engine/source/mysql/mysql_connection.hpp"
#include "engine/source/mysql/mysql_type.hpp"

namespace sluice::engine {

struct MysqlCursor {
	std::string name; // quoted
	leaf::MysqlKind kind;
};

// As OrderedSource says. from: a FROM item.
std::optional<std::string> MysqlGreatest(MysqlConnection &remote, const MysqlCursor &cursor, const std::string &from);
std::optional<std::string> MysqlPartEnd(MysqlConnection &remote, const MysqlCursor &cursor, const std::string &from,
										const CursorPart &part);
std::string MysqlRange(const MysqlCursor &cursor, const CursorRange &range);

} // namespace sluice::engine
