#include "pg/search_path.hpp"

#include "pg/guard.hpp"
#include "pg/trusted_path.hpp"

namespace sluice::pg {

TrustedPath
Trusted(const std::optional<std::string> &path, Oid owner)
{
	leaf::SearchPath found{};
	Call(leaf::ReadSearchPath, path ? path->c_str() : nullptr, owner, &found);
	return {found.kept, found.dropped};
}

} // namespace sluice::pg
