#include "pg/foreign_server.hpp"

#include "core/sqlstate.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/sql.hpp"

namespace sluice::pg {

std::vector<LinkOption>
ReadOptions(List *options)
{
	std::vector<LinkOption> read;
	for (int i = 0; i < list_length(options); ++i) {
		auto *element = static_cast<DefElem *>(list_nth(options, i));
		read.push_back({element->defname, Call(defGetString, element)});
	}
	return read;
}

ForeignServer *
FindServer(const std::string &name, Oid role, const char *hint)
{
	ForeignServer *server = Call(GetForeignServerByName, name.c_str(), true);
	if (server == nullptr) {
		throw Error(sqlstate::kUndefinedObject, Format("server \"{}\" does not exist", name), hint);
	}
	Call(leaf::RequireServerUsage, server->serverid, role);
	return server;
}

UserMapping *
FindMapping(const ForeignServer &server, Oid role, const char *user_option)
{
	try {
		return Call(GetUserMapping, role, server.serverid);
	} catch (const Error &error) {
		if (error.State() != sqlstate::kUndefinedObject) {
			throw;
		}
	}
	std::string const name = Call(GetUserNameFromId, role, false);
	throw Error(sqlstate::kUndefinedObject,
				Format("role \"{}\" has no user mapping for server \"{}\"", name, server.servername),
				Format("Run CREATE USER MAPPING FOR {} SERVER {} OPTIONS ({} '...', password '...').",
					   QuoteIdentifier(name), QuoteIdentifier(server.servername), user_option));
}

} // namespace sluice::pg
