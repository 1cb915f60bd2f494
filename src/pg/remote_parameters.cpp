#include "pg/remote_parameters.hpp"

#include "core/sqlstate.hpp"
#include "pg/foreign_server.hpp"

namespace sluice::pg {

namespace {

// Options of postgres_fdw that are not for libpq.
constexpr std::array kFdwOptions = {
	"use_remote_estimate", "fdw_startup_cost",	   "fdw_tuple_cost",   "extensions",		"fetch_size",
	"batch_size",		   "async_capable",		   "keep_connections", "updatable",			"truncatable",
	"parallel_commit",	   "parallel_abort",	   "analyze_sampling", "password_required", "schema_name",
	"table_name",		   "use_scram_passthrough"};

// What an owner who is not a superuser may have set for libpq.
constexpr std::array kAllowedOptions = {"host",
										"hostaddr",
										"port",
										"dbname",
										"user",
										"password",
										"connect_timeout",
										"keepalives",
										"keepalives_idle",
										"keepalives_interval",
										"keepalives_count",
										"tcp_user_timeout",
										"sslmode",
										"sslsni",
										"sslnegotiation",
										"ssl_min_protocol_version",
										"ssl_max_protocol_version",
										"channel_binding",
										"target_session_attrs",
										"load_balance_hosts",
										"require_auth",
										"gssencmode"};

// Files: good only where a superuser named them (postgres_fdw lets nobody else set the first two on a mapping).
constexpr std::array kFileOptions = {"sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir"};

// Ours, whatever the definition says.
constexpr std::array kOurOptions = {"client_encoding", "fallback_application_name", "application_name", "replication"};

template <size_t N>
bool
Contains(const std::array<const char *, N> &names, std::string_view name)
{
	return std::find(names.begin(), names.end(), name) != names.end();
}

[[noreturn]] void
Refuse(const ForeignServer &server, const std::string &option, const char *hint)
{
	throw Error(sqlstate::kInsufficientPrivilege,
				Format("connection option \"{}\" of server \"{}\" is not allowed for this pipeline's owner", option,
					   server.servername),
				hint);
}

// host and hostaddr are lists. An element that is empty is the default socket folder to libpq.
bool
ReachesSocket(std::string_view list)
{
	for (;;) {
		size_t const comma = list.find(',');
		std::string_view const host = list.substr(0, comma);
		if (host.empty() || host.front() == '@' || host.find('/') != std::string_view::npos) {
			return true;
		}
		if (comma == std::string_view::npos) {
			return false;
		}
		list.remove_prefix(comma + 1);
	}
}

} // namespace

RemoteParameters
CollectParameters(const ForeignServer &server, const UserMapping &mapping, Oid user)
{
	bool const superuser = Call(superuser_arg, user);
	bool const server_of_superuser = Call(superuser_arg, server.owner);
	RemoteParameters collected;
	bool has_host = false;

	auto add = [&](const LinkOption &option, bool from_mapping) {
		if (option.name == "password_required") {
			collected.password_required = option.value != "false";
			return;
		}
		if (Contains(kFdwOptions, option.name) || Contains(kOurOptions, option.name)) {
			return;
		}
		if (!superuser && !Contains(kAllowedOptions, option.name)) {
			bool const file_by_superuser =
				Contains(kFileOptions, option.name) &&
				(server_of_superuser || (from_mapping && (option.name == "sslcert" || option.name == "sslkey")));
			if (!file_by_superuser) {
				Refuse(server, option.name, "Let a superuser own the pipeline, or remove the option.");
			}
		}
		if (option.name == "host" || option.name == "hostaddr") {
			has_host = true;
			if (!superuser && ReachesSocket(option.value)) {
				Refuse(server, option.name,
					   "Let a superuser own the pipeline, or name a host that is reached over TCP: only superusers may "
					   "connect through a local socket.");
			}
		}
		if (option.name == "password") {
			collected.has_password = from_mapping && !option.value.empty();
		}
		collected.values.emplace_back(option.name, option.value);
	};
	for (const LinkOption &option : ReadOptions(server.options)) {
		add(option, false);
	}
	for (const LinkOption &option : ReadOptions(mapping.options)) {
		add(option, true);
	}

	if (superuser) {
		return collected;
	}
	if (!has_host) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("server \"{}\" names no host", server.servername),
					"Set the server's option host: only superusers may connect through a local socket.");
	}
	if (collected.password_required && !collected.has_password) {
		throw Error(sqlstate::kInvalidPassword,
					Format("password is required to connect to server \"{}\"", server.servername),
					"Set the option password in the owner's USER MAPPING, or let a superuser set "
					"password_required 'false' on it.");
	}
	return collected;
}

void
CheckPostgresLogin(const ForeignServer &server, Oid user)
{
	(void)CollectParameters(server, *FindMapping(server, user, "user"), user);
}

} // namespace sluice::pg
