// Takes secrets out of text on its way to a log, an error or a table (design promise 7). Rather too much
// than too little. Pure C++.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Replaces by *** the values of keys such as password, pwd, secret, token (conninfo, environment, SQL
// options, JSON) and the password in URLs.
std::string Redact(std::string_view text);

// Whether an option of this name holds a secret.
bool IsNameOfSecret(std::string_view name);

// From here on Redact takes this out wherever it stands, also as a URL, SQL, JSON, base64 or hexadecimal write it: a
// server can repeat what it was given. The last few are remembered, for the life of the process. A secret of fewer than
// four characters is taken out only where it stands by itself.
void RememberSecret(std::string_view secret);
// Another run begins in this process.
void ForgetSecrets();

// The remembered ones alone: for text of our own that holds names from elsewhere.
std::string RedactSecrets(std::string text);

} // namespace sluice
