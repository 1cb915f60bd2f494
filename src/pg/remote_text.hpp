// Text from another server in this database's encoding: without the secrets that were sent there, valid, short.
#pragma once

#include "core/outside_text.hpp"
#include "pg/prelude.hpp"

namespace sluice::pg {

std::string OutsideText(std::string_view text, size_t limit = kOutsideTextLimit);
// The same of a text in UTF-8, whatever the database's encoding is; it is UTF-8 afterwards, too.
std::string OutsideUtf8(std::string_view text);

// Throws Error (08P01) unless it is valid in this database's encoding: for names and values that are used as they are.
void CheckOutsideText(std::string_view text, const std::string &server);
// Unless it is valid UTF-8.
void CheckOutsideUtf8(std::string_view text, const std::string &server);

namespace leaf {

// OutsideText for leaf functions. Never raises, never throws; allocated in the current context.
const char *CleanedText(const char *text) noexcept;

// RememberSecret for leaf functions; NULL is none.
void KeepSecret(const char *secret) noexcept;

// An SQLSTATE as another server states it. What would be no error, or a condition of our own, is an internal error.
int OutsideState(const char *state) noexcept;

} // namespace leaf

} // namespace sluice::pg
