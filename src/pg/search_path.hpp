// What of a search_path a pipeline's owner can trust.
#pragma once

#include <optional>
#include <string>

#include "pg/prelude.hpp"

namespace sluice::pg {

struct TrustedPath {
	std::string kept;	 // as search_path takes it; never empty
	std::string dropped; // names for a message; '': none
};
// `path`, or the session's where there is none, without temporary schemas, those that do not exist, and those in which
// somebody who cannot act as the owner could put a function.
TrustedPath Trusted(const std::optional<std::string> &path, Oid owner);

} // namespace sluice::pg
