// The one exception type of pg_sluice. It carries everything a PostgreSQL error carries, so that an
// error crosses the border in either direction without losing a field. Pure C++: no server header.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace sluice {

// Packs a five-character SQLSTATE the way the server does, so values compare equal to ERRCODE_*.
constexpr int
SqlState(const char (&code)[6])
{
	int packed = 0;
	for (int i = 0; i < 5; ++i) {
		packed |= ((code[i] - '0') & 0x3F) << (6 * i);
	}
	return packed;
}

// The same for text of five characters; 0 for any other.
int SqlStateFromText(const std::string &text);

// The five characters of a packed SQLSTATE.
std::string SqlStateText(int sqlstate);

struct ErrorInfo {
	int sqlstate = SqlState("XX000");
	std::string message;
	std::string detail;
	std::string detail_log;
	std::string hint;
	std::string context;
	std::string schema_name;
	std::string table_name;
	std::string column_name;
	std::string datatype_name;
	std::string constraint_name;
	std::string internal_query;
	int cursor_position = 0;
	int internal_position = 0;
	bool hide_statement = false;

	// Set only for an error that PostgreSQL raised.
	bool from_postgres = false;
	bool to_server_log = true;
	bool to_client = true;
	std::string source_file;
	std::string source_function;
	int source_line = 0;
};

// All that it says, as psql shows it.
std::string WholeText(const ErrorInfo &error);

class Error final : public std::exception {
public:
	explicit Error(ErrorInfo info) : info_(std::make_shared<const ErrorInfo>(std::move(info))) {}
	Error(int sqlstate, std::string message, std::string hint = {}, std::string detail = {});

	const char *what() const noexcept override { return info_->message.c_str(); }
	const ErrorInfo &Info() const noexcept { return *info_; }
	int State() const noexcept { return info_->sqlstate; }
	// The same error with one more line of context, innermost first.
	Error WithContext(const std::string &line) const;

private:
	// Shared, so that copying an exception cannot throw.
	std::shared_ptr<const ErrorInfo> info_;
};

} // namespace sluice
