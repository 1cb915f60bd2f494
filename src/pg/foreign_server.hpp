// Foreign servers and user mappings: where and as whom another server is reached.
#pragma once

#include <string>
#include <vector>

#include "pg/guard.hpp"

namespace sluice::pg {

// Servers of this wrapper have options for libpq: they are other PostgreSQL servers.
inline constexpr const char *kPostgresWrapper = "postgres_fdw";

struct LinkOption {
	std::string name;
	std::string value;
};
// Of a server or a mapping.
std::vector<LinkOption> ReadOptions(List *options);

// The server, which the role may use. Throws Error 42704, with that hint, and 42501.
ForeignServer *FindServer(const std::string &name, Oid role, const char *hint);

// The role's own mapping, or PUBLIC's. user_option: what the wrapper calls the user, for the hint of 42704.
UserMapping *FindMapping(const ForeignServer &server, Oid role, const char *user_option);

} // namespace sluice::pg
