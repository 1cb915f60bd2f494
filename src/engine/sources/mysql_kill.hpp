// What every connection to a MySQL server is set to, and the one that ends a query there. Raises nothing.
#pragma once

#include "engine/sources/mysql_link_leaf.hpp"

namespace sluice::engine::leaf {

// Before connecting. False: out of memory.
bool ConfigureMysql(MYSQL *mysql, const MysqlTarget *target);
// mysql_real_connect_start with the target's data.
int StartConnecting(MYSQL **connected, MYSQL *mysql, const MysqlTarget *target);
// KILL QUERY through a connection of its own, as the same user; takes at most timeout_ms and waits with poll(), because
// it also runs while an error or an exit is under way.
void KillQuery(const MysqlTarget *target, unsigned long connection, int timeout_ms);

} // namespace sluice::engine::leaf
