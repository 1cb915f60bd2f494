#include "engine/source/mysql/mysql_parameters.hpp"

#include "core/ascii.hpp"
#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "pg/foreign_server.hpp"

namespace sluice::engine {

namespace {

constexpr const char *kOptionsFile = "mysql_default_file";
constexpr int kGreatestPort = 65535;

bool
IsOn(const std::string &value)
{
	return value == "1" || EqualsIgnoringCase(value, "true") || EqualsIgnoringCase(value, "on");
}

const char *
OrNull(const std::optional<std::string> &text)
{
	return text ? text->c_str() : nullptr;
}

} // namespace

leaf::MysqlTarget
MysqlParameters::Target() const
{
	leaf::MysqlTarget target{};
	target.host = host.c_str();
	target.user = user.c_str();
	target.password = password.c_str();
	target.ssl_key = OrNull(ssl_key);
	target.ssl_cert = OrNull(ssl_cert);
	target.ssl_ca = OrNull(ssl_ca);
	target.ssl_capath = OrNull(ssl_capath);
	target.ssl_cipher = OrNull(ssl_cipher);
	target.port = port;
	target.force_tcp = force_tcp;
	target.needs_tls = WantsTls();
	target.takes_public_key = get_public_key;
	return target;
}

bool
MysqlParameters::WantsTls() const
{
	return ssl_key || ssl_cert || ssl_ca || ssl_capath || ssl_cipher;
}

MysqlParameters
CollectMysqlParameters(const ForeignServer &server, Oid role)
{
	bool const superuser = pg::Call(superuser_arg, role);
	bool const server_of_superuser = pg::Call(superuser_arg, server.owner);
	MysqlParameters parameters;
	parameters.host = "127.0.0.1"; // as mysql_fdw
	// Else the library would take "localhost" for the socket file.
	parameters.force_tcp = !superuser;

	auto take_file = [&](std::optional<std::string> *file, std::string_view name, std::string value) {
		if (!superuser && !server_of_superuser) {
			throw Error(sqlstate::kInsufficientPrivilege,
						Format("option \"{}\" of server \"{}\" is not allowed for this pipeline's owner", name,
							   server.servername),
						"Files are read where a superuser owns the server: let one own it, or remove the option.");
		}
		*file = std::move(value);
	};
	for (auto &[name, value] : pg::ReadOptions(server.options)) {
		if (name == "host") {
			parameters.host = std::move(value);
		} else if (name == "port") {
			std::optional<int> const port = value.empty() ? std::nullopt : ParseDigits(value);
			if (!port || *port < 1 || *port > kGreatestPort) {
				throw Error(sqlstate::kInvalidParameterValue,
							Format("option \"port\" of server \"{}\" is no port", server.servername),
							"Set it to a number from 1 to 65535.");
			}
			parameters.port = static_cast<unsigned>(*port);
		} else if (name == "init_command") {
			parameters.init_command = std::move(value);
		} else if (name == "sql_mode") {
			parameters.sql_mode = std::move(value);
		} else if (name == "get_public_key") {
			parameters.get_public_key = IsOn(value);
		} else if (name == "ssl_key") {
			take_file(&parameters.ssl_key, name, std::move(value));
		} else if (name == "ssl_cert") {
			take_file(&parameters.ssl_cert, name, std::move(value));
		} else if (name == "ssl_ca") {
			take_file(&parameters.ssl_ca, name, std::move(value));
		} else if (name == "ssl_capath") {
			take_file(&parameters.ssl_capath, name, std::move(value));
		} else if (name == "ssl_cipher") {
			parameters.ssl_cipher = std::move(value);
		}
	}
	for (auto &[name, value] : pg::ReadOptions(pg::FindMapping(server, role, "username")->options)) {
		if (name == "username") {
			parameters.user = std::move(value);
		} else if (name == "password") {
			parameters.password = std::move(value);
			RememberSecret(parameters.password);
		}
	}

	if (!superuser && (parameters.host.empty() || parameters.host.find('/') != std::string::npos)) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("server \"{}\" names no host", server.servername),
					"Set the server's option host: only superusers may connect through a local socket.");
	}
	if (parameters.user.empty()) {
		throw Error(sqlstate::kUndefinedObject,
					Format("the user mapping for server \"{}\" names no user", server.servername),
					"Set its option username.");
	}
	if (!superuser && parameters.password.empty()) {
		throw Error(sqlstate::kInvalidPassword,
					Format("password is required to connect to server \"{}\"", server.servername),
					"Set the option password in the owner's USER MAPPING.");
	}
	return parameters;
}

void
CheckMysqlLogin(const ForeignServer &server, Oid role)
{
	(void)CollectMysqlParameters(server, role);
}

std::string
MysqlObstacle(const ForeignServer &server)
{
	std::string obstacle;
	for (const pg::LinkOption &option : pg::ReadOptions(server.options)) {
		if (option.name == kOptionsFile) {
			obstacle = Format("the server's option {} names a file of options", kOptionsFile);
		}
	}
	return obstacle;
}

} // namespace sluice::engine
