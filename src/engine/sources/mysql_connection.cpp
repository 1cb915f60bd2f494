#include "engine/sources/mysql_connection.hpp"

#include <array>

#include "core/mysql_sqlstate.hpp"
#include "core/mysql_syntax.hpp"
#include "core/sqlstate.hpp"
#include "engine/sources/mysql_text_leaf.hpp"
#include "pg/compat.hpp"

namespace sluice::engine {

namespace {

struct SessionVariable {
	std::string_view name;
	std::string_view value;
};

// Those that the server has are set: nothing there may end, cut or slow down a long read, and no value depends on what
// somebody set for all sessions. init_command may change them; not so sql_mode, time_zone and the character sets.
constexpr std::array kSession = {
	SessionVariable{"max_statement_time", "0"},
	SessionVariable{"max_execution_time", "0"},
	SessionVariable{"sql_select_limit", "18446744073709551615"},
	SessionVariable{"sql_big_selects", "1"},
	SessionVariable{"sql_auto_is_null", "0"},
	SessionVariable{"net_write_timeout", "86400"},
	SessionVariable{"wait_timeout", "86400"},
	SessionVariable{"idle_transaction_timeout", "0"},
	SessionVariable{"idle_readonly_transaction_timeout", "0"},
	SessionVariable{"autocommit", "1"},
	SessionVariable{"completion_type", "0"},
	SessionVariable{"max_recursive_iterations", "4294967295"},
	SessionVariable{"max_sort_length", "1048576"},
	SessionVariable{"group_concat_max_len", "1073741824"},
	SessionVariable{"lc_time_names", "'en_US'"},
	SessionVariable{"default_week_format", "0"},
	SessionVariable{"div_precision_increment", "4"},
	SessionVariable{"default_regex_flags", "''"},
	SessionVariable{"system_versioning_asof", "DEFAULT"},
	SessionVariable{"windowing_use_high_precision", "1"},
};

std::string
ToMysql(const std::string &text)
{
	return pg::Call(leaf::TextToMysql, text.c_str());
}

std::string
FromMysql(const char *text)
{
	return pg::Call(leaf::TextFromMysql, text);
}

} // namespace

MysqlConnection::MysqlConnection(const ForeignServer &server, const MysqlConnectionOptions &options)
	: server_name_(server.servername), link_(std::make_unique<leaf::MysqlLink>())
{
	Oid const role = GetUserId();
	if (pg::Call(pg::compat::ServerAclCheck, server.serverid, role, static_cast<AclMode>(ACL_USAGE)) != ACLCHECK_OK) {
		throw Error(sqlstate::kInsufficientPrivilege, Format("permission denied for foreign server {}", server_name_),
					Format("Run GRANT USAGE ON FOREIGN SERVER {} TO {}.", pg::QuoteIdentifier(server_name_),
						   pg::QuoteIdentifier(pg::Call(GetUserNameFromId, role, false))));
	}
	parameters_ = CollectMysqlParameters(server, role);
	target_ = parameters_.Target();
	link_->target = &target_;
	link_->server = server_name_.c_str();
	link_->idle_timeout_ms = options.idle_timeout_ms;
	try {
		if (!pg::Call(leaf::LinkConnect, link_.get(), options.connect_timeout_ms)) {
			Error const error = LastError();
			throw Error(error.State(), Format("could not connect to server \"{}\"", server_name_), error.Info().hint,
						Format("{} (MySQL error {})", error.Info().message, leaf::LinkError(link_.get()).number));
		}
		if (parameters_.WantsTls() && mysql_get_ssl_cipher(link_->mysql) == nullptr) {
			throw Error(sqlstate::kUnableToConnect, Format("server \"{}\" does not offer TLS", server_name_),
						"Set up TLS at the source, or remove the server's ssl options.");
		}
		Pin();
	} catch (...) {
		leaf::LinkClose(link_.get());
		throw;
	}
}

MysqlConnection::~MysqlConnection()
{
	leaf::LinkClose(link_.get());
}

void
MysqlConnection::Pin()
{
	Exec("SET NAMES utf8mb4");
	std::string names;
	for (const SessionVariable &variable : kSession) {
		names += Format("{}'{}'", names.empty() ? "" : ", ", variable.name);
	}
	pg::SqlResult const known = Exec("SHOW SESSION VARIABLES WHERE Variable_name IN (" + names + ")");
	std::string settings;
	for (const SessionVariable &variable : kSession) {
		for (size_t row = 0; row < known.Rows(); ++row) {
			if (known.Text(row, 0) == variable.name) {
				settings += Format("{} SESSION {} = {}", settings.empty() ? "SET" : ",", variable.name, variable.value);
			}
		}
	}
	if (!settings.empty()) {
		Exec(settings);
	}
	if (!parameters_.init_command.empty()) {
		Exec(parameters_.init_command);
	}
	// What the rows are read by is nobody else's to change.
	Exec("SET NAMES utf8mb4");
	Exec(Format("SET SESSION sql_mode = {}, SESSION time_zone = '+00:00'",
				QuoteMysqlText(ToMysql(parameters_.sql_mode))));
	Exec("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
	Exec("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
}

pg::SqlResult
MysqlConnection::Exec(const std::string &statement)
{
	std::string const text = ToMysql(statement);
	if (!pg::Call(leaf::LinkRun, link_.get(), text.c_str(), text.size())) {
		throw LastError();
	}
	pg::SqlResult result;
	if (link_->result == nullptr) {
		return result;
	}
	unsigned const columns = mysql_num_fields(link_->result);
	while (MYSQL_ROW row = mysql_fetch_row(link_->result)) {
		std::vector<pg::SqlValue> cells;
		cells.reserve(columns);
		for (unsigned column = 0; column < columns; ++column) {
			cells.push_back(row[column] == nullptr ? std::nullopt : pg::SqlValue(FromMysql(row[column])));
		}
		result.Add(std::move(cells));
	}
	result.SetProcessed(result.Rows());
	return result;
}

std::vector<const MYSQL_FIELD *>
MysqlConnection::Columns() const
{
	std::vector<const MYSQL_FIELD *> columns;
	if (link_->result != nullptr) {
		unsigned const count = mysql_num_fields(link_->result);
		for (unsigned i = 0; i < count; ++i) {
			columns.push_back(mysql_fetch_field_direct(link_->result, i));
		}
	}
	return columns;
}

std::vector<const MYSQL_FIELD *>
MysqlConnection::Prepare(const std::string &statement)
{
	std::string const text = ToMysql(statement);
	if (!pg::Call(leaf::LinkPrepare, link_.get(), text.c_str(), text.size())) {
		throw LastError();
	}
	if (mysql_stmt_param_count(link_->statement) > 0) {
		throw Error(sqlstate::kSyntaxError, "source_query has parameters", "Write values in the place of each \"?\".");
	}
	return Columns();
}

std::vector<const MYSQL_FIELD *>
MysqlConnection::Execute()
{
	if (!pg::Call(leaf::LinkExecute, link_.get())) {
		throw LastError();
	}
	return Columns();
}

Error
MysqlConnection::LastError() const
{
	leaf::MysqlError const error = leaf::LinkError(link_.get());
	int const state = MysqlSqlState(error.number, error.state);
	std::string const message = FromMysql(error.message);
	return Error(state, message.empty() ? Format("server \"{}\" reported an error", server_name_) : message,
				 MysqlHint(state),
				 Format("MySQL error {} ({}) at server \"{}\".", error.number, error.state, server_name_));
}

std::string
MysqlConnection::ServerVersion() const
{
	// "5.5.5-10.11.6-MariaDB-...": the first number is for clients that fear others.
	std::string_view version = mysql_get_server_info(link_->mysql);
	constexpr std::string_view kPretended = "5.5.5-";
	if (version.starts_with(kPretended)) {
		version.remove_prefix(kPretended.size());
	}
	return Format("{} {}", mariadb_connection(link_->mysql) != 0 ? "MariaDB" : "MySQL",
				  version.substr(0, version.find('-')));
}

} // namespace sluice::engine
