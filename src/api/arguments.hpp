// Between PostgreSQL's Datums and C++ values, for the SQL-callable functions. Text is the common form:
// a value leaves and enters through its type's own output and input functions.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "pg/guard.hpp"
#include "pg/sql.hpp"

namespace sluice::api {

// Nothing: the argument is NULL.
std::optional<std::string> Argument(FunctionCallInfo fcinfo, int number, Oid type = TEXTOID);
// NULL is an error (22004) that names the argument.
std::string RequiredArgument(FunctionCallInfo fcinfo, int number, const char *name, Oid type = TEXTOID);
// An integer from least to most; else 22023, or 22004 for NULL.
int CountArgument(FunctionCallInfo fcinfo, int number, const char *name, int least, int most);
bool FlagArgument(FunctionCallInfo fcinfo, int number, bool if_null);
// A JSON object; NULL is '{}', anything but an object an error (22023).
std::string ObjectArgument(FunctionCallInfo fcinfo, int number, const char *name);
// The context of a run: an object of at most pg_sluice.max_context_size.
std::string ContextArgument(FunctionCallInfo fcinfo, int number);
// The elements of a text[]; nothing: the argument is NULL. A NULL element is an error (22004).
std::optional<std::vector<std::string>> ListArgument(FunctionCallInfo fcinfo, int number, const char *name);
// NULL is an error (22004), too.
std::vector<std::string> RequiredListArgument(FunctionCallInfo fcinfo, int number, const char *name);
// A timeout. Nothing: NULL, wait forever. Days have 24 hours, months 30 days; a negative one is an error (22023).
std::optional<int64_t> MillisecondsArgument(FunctionCallInfo fcinfo, int number);

// Text in place of the value of another type; see SLUICE_TEXTS_FUNCTION.
struct TextArgument {
	int number;
	Oid type;
};
void ReadTextArguments(FunctionCallInfo fcinfo, std::initializer_list<TextArgument> arguments);

Datum Result(const std::string &text, Oid type);
Datum NullResult(FunctionCallInfo fcinfo);
// The INOUT arguments of a procedure, in order.
Datum RecordResult(FunctionCallInfo fcinfo, const std::vector<pg::SqlValue> &cells);
// The rows of a set-returning function: cells in the order of its result columns.
Datum RowsResult(FunctionCallInfo fcinfo, const std::vector<std::vector<pg::SqlValue>> &rows);

// Messages to the client that are not errors.
void Notice(const std::string &message, const std::string &hint = {});
void Warning(const std::string &message, const std::string &hint = {});

// While it lives, notices are kept in place of being sent: of work on many things, where they belong to one of them.
class KeptNotices {
public:
	KeptNotices();
	~KeptNotices();
	KeptNotices(const KeptNotices &) = delete;
	KeptNotices &operator=(const KeptNotices &) = delete;

	const std::vector<std::string> &Messages() const { return messages_; }
	void Add(const std::string &message) { messages_.push_back(message); }

private:
	KeptNotices *outer_;
	std::vector<std::string> messages_;
};

// CHECK_FOR_INTERRUPTS from C++.
void CheckInterrupts();

} // namespace sluice::api

// Defines NAME and NAME_by_id, an SQL function of two types of first argument: text and uuid. The body
// sees the pipeline as text in `pipeline`, whatever it was.
#define SLUICE_PIPELINE_FUNCTION(name)                                                                                 \
	static Datum name##_for(FunctionCallInfo fcinfo, const std::string &pipeline);                                     \
	SLUICE_FUNCTION(name)                                                                                              \
	{                                                                                                                  \
		return name##_for(fcinfo, sluice::api::RequiredArgument(fcinfo, 0, "pipeline"));                               \
	}                                                                                                                  \
	SLUICE_FUNCTION(name##_by_id)                                                                                      \
	{                                                                                                                  \
		return name##_for(fcinfo, sluice::api::RequiredArgument(fcinfo, 0, "pipeline", UUIDOID));                      \
	}                                                                                                                  \
	static Datum name##_for([[maybe_unused]] FunctionCallInfo fcinfo, const std::string &pipeline)

// After a SLUICE_PIPELINE_FUNCTION: defines NAME_of_texts, the same with the TextArguments that follow given as text,
// as drivers send it.
#define SLUICE_TEXTS_FUNCTION(name, ...)                                                                               \
	SLUICE_FUNCTION(name##_of_texts)                                                                                   \
	{                                                                                                                  \
		sluice::api::ReadTextArguments(fcinfo, {__VA_ARGS__});                                                         \
		return name##_for(fcinfo, sluice::api::RequiredArgument(fcinfo, 0, "pipeline"));                               \
	}
