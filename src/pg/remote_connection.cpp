#include "pg/remote_connection.hpp"

#include "core/redact.hpp"
#include "core/sqlstate.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/foreign_server.hpp"
#include "pg/remote_copy_in.hpp"
#include "pg/remote_parameters.hpp"
#include "pg/remote_text.hpp"

namespace sluice::pg {

namespace {

// libpq's input buffer starts at 16 kB and only grows when one message does not fit; one large value at the start
// spares the load tens of thousands of reads. Small enough for the processor's cache.
constexpr const char *kGrowInputBuffer = "SELECT pg_catalog.repeat('x', 262144)";

} // namespace

RemoteConnection::RemoteConnection(const ForeignServer &server, const RemoteOptions &options)
	: server_name_(server.servername), remote_(std::make_unique<leaf::Remote>())
{
	Oid const user = GetUserId();
	Call(leaf::RequireServerUsage, server.serverid, user);
	RemoteParameters const parameters = CollectParameters(server, *FindMapping(server, user, "user"), user);

	std::vector<const char *> keywords;
	std::vector<const char *> values;
	bool user_timeout = false;
	for (const auto &[keyword, value] : parameters.values) {
		if (keyword == "connect_timeout") {
			continue; // the pipeline's option decides
		}
		if (IsNameOfSecret(keyword)) {
			RememberSecret(value);
		}
		user_timeout = user_timeout || keyword == "tcp_user_timeout";
		keywords.push_back(keyword.c_str());
		values.push_back(value.c_str());
	}
	auto set = [&](const char *keyword, const char *value) {
		keywords.push_back(keyword);
		values.push_back(value);
	};
	set("client_encoding", GetDatabaseEncodingName());
	set("application_name", "pg_sluice");
	if (!user_timeout) {
		set("tcp_user_timeout", "60000");
	}
	keywords.push_back(nullptr);
	values.push_back(nullptr);

	remote_->server = server_name_.c_str();
	remote_->idle_timeout_ms = options.timeouts.idle_ms;
	remote_->min_rate = options.min_rate;
	remote_->is_destination = options.is_destination;
	try {
		Call(leaf::RemoteConnect, remote_.get(), keywords.data(), values.data(), options.timeouts.connect_ms);
		if (!Call(superuser_arg, user) && parameters.password_required &&
			PQconnectionUsedPassword(remote_->conn) == 0) {
			throw Error(sqlstate::kInsufficientPrivilege,
						Format("server \"{}\" did not ask for the password", server_name_),
						"Change the server's authentication method, or let a superuser set password_required 'false' "
						"on the user mapping.",
						"An owner who is not a superuser may connect only where the server checks a password.");
		}
		if (!options.is_destination) {
			Call(leaf::RemoteExec, remote_.get(), kGrowInputBuffer, 0, static_cast<const char *const *>(nullptr));
		}
	} catch (...) {
		leaf::RemoteClose(remote_.get());
		throw;
	}
}

RemoteConnection::~RemoteConnection()
{
	leaf::RemoteClose(remote_.get());
}

std::string
RemoteConnection::Encryption() const
{
	if (PQgssEncInUse(remote_->conn) != 0) {
		return "GSSAPI";
	}
	const char *const protocol = PQsslInUse(remote_->conn) != 0 ? PQsslAttribute(remote_->conn, "protocol") : nullptr;
	return protocol != nullptr ? protocol : "";
}

SqlResult
RemoteConnection::Exec(const std::string &statement, const std::vector<SqlValue> &parameters)
{
	std::vector<const char *> pointers;
	pointers.reserve(parameters.size());
	for (const SqlValue &parameter : parameters) {
		pointers.push_back(parameter ? parameter->c_str() : nullptr);
	}
	Call(leaf::RemoteExec, remote_.get(), statement.c_str(), static_cast<int>(pointers.size()),
		 static_cast<const char *const *>(pointers.data()));
	SqlResult result;
	PGresult *raw = remote_->result;
	int const columns = PQnfields(raw);
	for (int row = 0; row < PQntuples(raw); ++row) {
		std::vector<SqlValue> cells;
		cells.reserve(columns);
		for (int column = 0; column < columns; ++column) {
			if (PQgetisnull(raw, row, column) != 0) {
				cells.emplace_back(std::nullopt);
				continue;
			}
			std::string_view const cell(PQgetvalue(raw, row, column), PQgetlength(raw, row, column));
			CheckOutsideText(cell, server_name_);
			cells.emplace_back(cell);
		}
		result.Add(std::move(cells));
	}
	const char *const written = PQcmdTuples(raw);
	result.SetProcessed(*written != '\0' ? strtoull(written, nullptr, 10) : static_cast<uint64_t>(PQntuples(raw)));
	return result;
}

void
RemoteConnection::ExecScript(const std::string &statements)
{
	Call(leaf::RemoteExecScript, remote_.get(), statements.c_str());
}

std::optional<Error>
RemoteConnection::Try(const std::function<void()> &work)
{
	std::optional<Error> failure = Subtransaction([&] {
		Exec("SAVEPOINT pg_sluice");
		work();
		Exec("RELEASE SAVEPOINT pg_sluice");
	});
	if (failure) {
		std::string const kind = SqlStateText(failure->State()).substr(0, 2);
		if (kind == "08" || kind == "57" || kind == "SL") {
			throw *failure;
		}
		GiveUpCopy();
		ExecScript("ROLLBACK TO SAVEPOINT pg_sluice; RELEASE SAVEPOINT pg_sluice");
	}
	return failure;
}

std::vector<RemoteConnection::Column>
RemoteConnection::Describe(const std::string &statement)
{
	Call(leaf::RemoteDescribe, remote_.get(), statement.c_str());
	std::vector<Column> columns;
	PGresult *raw = remote_->result;
	for (int i = 0; i < PQnfields(raw); ++i) {
		CheckOutsideText(PQfname(raw, i), server_name_);
		columns.push_back({PQfname(raw, i), PQftype(raw, i), PQfmod(raw, i)});
	}
	return columns;
}

void
RemoteConnection::CopyOut(const std::string &statement)
{
	Call(leaf::RemoteCopyOut, remote_.get(), statement.c_str());
}

void
RemoteConnection::CopyIn(const std::string &statement)
{
	Call(leaf::RemoteCopyIn, remote_.get(), statement.c_str());
}

void
RemoteConnection::GiveUpCopy()
{
	Call(leaf::RemoteGiveUpCopy, remote_.get());
}

int64_t
RemoteConnection::EndCopyIn()
{
	return Call(leaf::RemoteEndCopy, remote_.get());
}

} // namespace sluice::pg
