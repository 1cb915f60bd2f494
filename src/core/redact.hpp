// Takes secrets out of text on its way to a log, an error or a table (design promise 7). Rather too much
// than too little. Pure C++.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Replaces by *** the values of keys such as password, pwd, secret, token (conninfo, environment, SQL
// options, JSON) and the password in URLs.
std::string Redact(std::string_view text);

} // namespace sluice
