// Which connection options of a server and a user mapping reach libpq, for whom.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pg/guard.hpp"

namespace sluice::pg {

struct RemoteParameters {
	std::vector<std::pair<std::string, std::string>> values; // keyword, value
	bool has_password = false;
	bool password_required = true; // false only where a superuser waived it on the mapping
};

// Collects and checks. Throws Error 42501 for what user may not use.
RemoteParameters CollectParameters(const ForeignServer &server, const UserMapping &mapping, Oid user);
// The same of the user's own mapping, without connecting.
void CheckPostgresLogin(const ForeignServer &server, Oid user);

} // namespace sluice::pg
