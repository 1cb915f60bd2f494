// A connection to a MySQL or MariaDB server: who we are, statements, and the rows that they give.
//
// Leaf regime. What only waiting can raise (an interrupt, silence) is raised; all else is false, and
// link->channel.error tells it.
#pragma once

#include "engine/source/mysql/mysql_state.hpp"

namespace sluice::engine::leaf {

bool LinkConnect(MysqlLink *link);
// Runs one statement. Its rows, if link->field_count is not zero, are read to their end.
bool LinkRun(MysqlLink *link, const char *statement, Size length);
bool LinkPrepare(MysqlLink *link, const char *statement, Size length);
// Executes what was prepared.
bool LinkExecute(MysqlLink *link);
// The next row as the protocol has it; *row is NULL at the end, and otherwise valid until the next call.
bool LinkNextRow(MysqlLink *link, const unsigned char **row, Size *length);
// Gives the connection's settings back to what they were; a server that does not know how leaves them.
bool LinkReset(MysqlLink *link);
// Never raises: ends what the server still does for us, closes, frees.
void LinkClose(MysqlLink *link);

} // namespace sluice::engine::leaf
