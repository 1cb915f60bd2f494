// As much of MySQL's SQL as is needed to write names and values into it and to look at a query of a user.
// Pure C++.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// `name`
std::string QuoteMysqlName(std::string_view name);

// A text that no sql_mode of the server reads differently: CONVERT(x'...' USING utf8mb4). UTF-8 in.
std::string QuoteMysqlText(std::string_view text);

// The query without a semicolon at its end. Throws Error 42601 unless it is one statement that begins as a query
// does; all else is the source's business.
std::string CheckMysqlQuery(std::string_view query);

// Whether SQL that is read here may speak of a column: as a word, in any case, or quoted. May err towards yes.
bool MentionsColumn(std::string_view sql, std::string_view column);

// Puts the literal in the place of each call run_context(), outside of strings, quoted names and comments.
std::string ReplaceMysqlRunContext(std::string_view query, std::string_view literal);

} // namespace sluice
