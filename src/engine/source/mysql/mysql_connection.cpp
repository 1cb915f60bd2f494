#include "engine/source/mysql/mysql_connection.hpp"

#include <array>

#include "core/mysql_sqlstate.hpp"
#include "core/mysql_syntax.hpp"
#include "core/sqlstate.hpp"
#include "engine/source/mysql/mysql_text.hpp"
#include "pg/foreign_catalog.hpp"
#include "pg/remote_text.hpp"

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
	SessionVariable{"cte_max_recursion_depth", "4294967295"},
	SessionVariable{"sql_buffer_result", "0"},
	SessionVariable{"old_mode", "''"},
	SessionVariable{"new_mode", "''"},
	SessionVariable{"default_collation_for_utf8mb4", "'utf8mb4_0900_ai_ci'"},
	SessionVariable{"show_gipk_in_create_table_and_information_schema", "1"},
	SessionVariable{"max_sort_length", "1048576"},
	SessionVariable{"group_concat_max_len", "1073741824"},
	SessionVariable{"lc_time_names", "'en_US'"},
	SessionVariable{"default_week_format", "0"},
	SessionVariable{"div_precision_increment", "4"},
	SessionVariable{"default_regex_flags", "''"},
	SessionVariable{"system_versioning_asof", "DEFAULT"},
	SessionVariable{"windowing_use_high_precision", "1"},
};

// What would cut or end even the question which settings there are. Comments of these forms are read from those
// versions on, by MySQL and by MariaDB alone.
constexpr const char *kLiftLimits = "SET SESSION sql_select_limit = 18446744073709551615, SESSION sql_big_selects = 1"
									"/*!50708 , SESSION max_execution_time = 0 */"
									"/*M!100101 , SESSION max_statement_time = 0 */";

// A list of all databases that have a table of some name is long, not this long.
constexpr size_t kLargestAnswer = 16 * 1024 * 1024;

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

MysqlConnection::MysqlConnection(const ForeignServer &server, const pg::LinkTimeouts &timeouts, bool takes_public_key)
	: server_name_(server.servername), link_(std::make_unique<leaf::MysqlLink>())
{
	Oid const role = GetUserId();
	pg::Call(pg::leaf::RequireServerUsage, server.serverid, role);
	parameters_ = CollectMysqlParameters(server, role);
	target_ = parameters_.Target();
	target_.takes_public_key = target_.takes_public_key || takes_public_key;
	link_->target = &target_;
	link_->channel.socket = -1;
	link_->channel.server = server_name_.c_str();
	link_->channel.timeouts = timeouts;
	try {
		if (!pg::Call(leaf::LinkConnect, link_.get())) {
			Error const error = LastError();
			bool const no_tls = link_->channel.error.number == leaf::kMysqlTls;
			throw Error(
				error.State(), Format("could not connect to server \"{}\"", server_name_),
				no_tls ? "Set up TLS at the source and trust it with ssl_ca, or see \"get_public_key\" and the ssl "
						 "options in doc/security.md."
					   : error.Info().hint,
				Format("{} (MySQL error {})", error.Info().message, link_->channel.error.number));
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
	Exec(kLiftLimits);
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
	size_t bytes = 0;
	for (;;) {
		const unsigned char *row = nullptr;
		size_t length = 0;
		if (!pg::Call(leaf::LinkNextRow, link_.get(), &row, &length)) {
			throw LastError();
		}
		if (row == nullptr) {
			break;
		}
		bytes += length + static_cast<size_t>(link_->field_count) * sizeof(pg::SqlValue);
		if (bytes > kLargestAnswer) {
			throw Error(sqlstate::kProtocolViolation,
						Format("server \"{}\" gives more than {} MB for an answer to a question of pg_sluice's own",
							   server_name_, kLargestAnswer >> 20U),
						"Check that the server speaks MySQL's protocol, and what lies between it and here.");
		}
		AddRow(&result, row, length);
	}
	result.SetProcessed(result.Rows());
	return result;
}

void
MysqlConnection::AddRow(pg::SqlResult *result, const unsigned char *row, size_t length) const
{
	std::vector<pg::SqlValue> cells;
	cells.reserve(link_->field_count);
	MysqlCursor cursor = MysqlPacket(row, length);
	for (int column = 0; column < link_->field_count; ++column) {
		std::string_view value;
		bool is_null = false;
		if (WireFault const fault = TakeMysqlText(&cursor, &value, &is_null); fault != nullptr) {
			throw Error(sqlstate::kProtocolViolation, Format("malformed row from server \"{}\"", server_name_), "",
						fault);
		}
		pg::CheckOutsideUtf8(value, server_name_);
		cells.push_back(is_null ? std::nullopt : pg::SqlValue(FromMysql(std::string(value).c_str())));
	}
	result->Add(std::move(cells));
}

void
MysqlConnection::End()
{
	(void)Exec("COMMIT");
	// A proxy may hand the connection to somebody else. There is no SET LOCAL in MySQL.
	if (!pg::Call(leaf::LinkReset, link_.get())) {
		throw LastError();
	}
}

std::span<const leaf::MysqlField>
MysqlConnection::Prepare(const std::string &statement)
{
	std::string const text = ToMysql(statement);
	if (!pg::Call(leaf::LinkPrepare, link_.get(), text.c_str(), text.size())) {
		throw LastError();
	}
	if (link_->parameters > 0) {
		throw Error(sqlstate::kSyntaxError, "source_query has parameters", "Write values in the place of each \"?\".");
	}
	return Columns();
}

std::span<const leaf::MysqlField>
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
	const leaf::MysqlError &error = link_->channel.error;
	int const state = MysqlSqlState(error.number, error.state);
	std::string const message = FromMysql(pg::OutsideUtf8(error.message).c_str());
	return Error(state, message.empty() ? Format("server \"{}\" reported an error", server_name_) : message,
				 MysqlHint(error.number, state),
				 Format("MySQL error {} ({}) at server \"{}\".", error.number, error.state, server_name_));
}

std::string
MysqlConnection::ServerVersion() const
{
	return Format("{} {}", link_->is_mariadb ? "MariaDB" : "MySQL", link_->version);
}

} // namespace sluice::engine
