// The secrets that other wrappers connect with: their errors can repeat what a server was told.
#pragma once

#include "core/error.hpp"
#include "pg/prelude.hpp"

namespace sluice::engine {

// Those in the role's user mappings are redacted from here on: of a foreign table nobody knows by which it is read.
void RememberMappedSecrets(Oid role);

// The error without any secret that is known by now, or that what it quotes names as one.
Error WithoutSecrets(const Error &error);

} // namespace sluice::engine
