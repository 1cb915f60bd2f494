// What an error of a MySQL server, or of its client library, is called here. Retries and hints depend on it.
// Pure C++.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// number: MySQL's error number; its_state: the SQLSTATE that came with it, which is often a vague HY000.
int MysqlSqlState(unsigned number, std::string_view its_state);

// What to do about it, an error of that number, which is called sqlstate here; empty when nothing better than the
// message can be said.
std::string MysqlHint(unsigned number, int sqlstate);

} // namespace sluice
