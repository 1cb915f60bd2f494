#include "api/arguments.hpp"

#include <utility>

#include "api/argument_values.hpp"
#include "core/sqlstate.hpp"
#include "pg/extension.hpp"
#include "pg/settings.hpp"

namespace sluice::api {

namespace {

// Where notices go now; NULL: to the client.
KeptNotices *keeper = nullptr;

// The pointers are good as long as the cells are.
void
AddPointers(const std::vector<pg::SqlValue> &row, std::vector<const char *> *pointers)
{
	for (const pg::SqlValue &cell : row) {
		pointers->push_back(cell ? cell->c_str() : nullptr);
	}
}

std::vector<const char *>
Pointers(const std::vector<std::vector<pg::SqlValue>> &rows)
{
	std::vector<const char *> pointers;
	for (const std::vector<pg::SqlValue> &row : rows) {
		AddPointers(row, &pointers);
	}
	return pointers;
}

Error
NullArgument(const char *name)
{
	return Error(sqlstate::kNullValueNotAllowed, Format("argument \"{}\" must not be null", name));
}

// The catalog of another version may call a function of ours with fewer arguments than this one has.
bool
IsNull(FunctionCallInfo fcinfo, int number)
{
	if (number >= PG_NARGS()) {
		throw pg::VersionMismatch(pg::FindExtension());
	}
	return PG_ARGISNULL(number);
}

} // namespace

std::optional<std::string>
Argument(FunctionCallInfo fcinfo, int number, Oid type)
{
	if (IsNull(fcinfo, number)) {
		return std::nullopt;
	}
	char *text = pg::Call(leaf::Output, type, PG_GETARG_DATUM(number));
	std::string copy(text);
	pg::CallNoThrow(pfree, static_cast<void *>(text));
	return copy;
}

std::string
RequiredArgument(FunctionCallInfo fcinfo, int number, const char *name, Oid type)
{
	std::optional<std::string> value = Argument(fcinfo, number, type);
	if (!value) {
		throw NullArgument(name);
	}
	return *std::move(value);
}

int
CountArgument(FunctionCallInfo fcinfo, int number, const char *name, int least, int most)
{
	if (IsNull(fcinfo, number)) {
		throw NullArgument(name);
	}
	int const count = PG_GETARG_INT32(number);
	if (count < least || count > most) {
		throw Error(sqlstate::kInvalidParameterValue, Format("invalid value for {}: {}", name, count),
					Format("It can be {} to {}.", least, most));
	}
	return count;
}

bool
FlagArgument(FunctionCallInfo fcinfo, int number, bool if_null)
{
	return IsNull(fcinfo, number) ? if_null : PG_GETARG_BOOL(number);
}

std::string
ObjectArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	std::string text = Argument(fcinfo, number, JSONBOID).value_or("{}");
	if (!text.starts_with('{')) {
		throw Error(sqlstate::kInvalidParameterValue, Format("argument \"{}\" must be a JSON object", name),
					"Write it as '{\"key\": \"value\"}'.");
	}
	return text;
}

std::string
ContextArgument(FunctionCallInfo fcinfo, int number)
{
	std::string text = ObjectArgument(fcinfo, number, "context");
	if (text.size() > static_cast<size_t>(pg::Settings::max_context_size)) {
		throw Error(sqlstate::kProgramLimitExceeded, Format("context is too large: {} bytes", text.size()),
					Format("pg_sluice.max_context_size allows {} bytes. Put the data into a table and pass its key.",
						   pg::Settings::max_context_size));
	}
	return text;
}

std::optional<std::vector<std::string>>
ListArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (IsNull(fcinfo, number)) {
		return std::nullopt;
	}
	leaf::TextList list{};
	pg::Call(leaf::ReadTextArray, PG_GETARG_DATUM(number), &list);
	std::vector<std::string> elements;
	for (int i = 0; i < list.count; ++i) {
		if (list.elements[i] == nullptr) {
			throw Error(sqlstate::kNullValueNotAllowed, Format("argument \"{}\" must not contain nulls", name));
		}
		elements.emplace_back(list.elements[i]);
	}
	return elements;
}

std::vector<std::string>
RequiredListArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	std::optional<std::vector<std::string>> list = ListArgument(fcinfo, number, name);
	if (!list) {
		throw NullArgument(name);
	}
	return *std::move(list);
}

std::optional<int64_t>
MillisecondsArgument(FunctionCallInfo fcinfo, int number)
{
	return IsNull(fcinfo, number)
			   ? std::nullopt
			   : std::optional<int64_t>(pg::Call(leaf::IntervalMilliseconds, PG_GETARG_DATUM(number)));
}

void
ReadTextArguments(FunctionCallInfo fcinfo, std::initializer_list<TextArgument> arguments)
{
	for (const TextArgument &argument : arguments) {
		if (std::optional<std::string> const text = Argument(fcinfo, argument.number)) {
			fcinfo->args[argument.number].value = Result(*text, argument.type);
		}
	}
}

Datum
Result(const std::string &text, Oid type)
{
	return pg::Call(leaf::Input, type, text.c_str());
}

Datum
NullResult(FunctionCallInfo fcinfo)
{
	fcinfo->isnull = true;
	return Datum{0};
}

Datum
RecordResult(FunctionCallInfo fcinfo, const std::vector<pg::SqlValue> &cells)
{
	std::vector<const char *> pointers;
	AddPointers(cells, &pointers);
	return pg::Call(leaf::MakeRecord, fcinfo, static_cast<const char *const *>(pointers.data()),
					static_cast<int>(cells.size()));
}

Datum
RowsResult(FunctionCallInfo fcinfo, const std::vector<std::vector<pg::SqlValue>> &rows)
{
	std::vector<const char *> const pointers = Pointers(rows);
	pg::Call(leaf::ReturnRows, fcinfo, static_cast<const char *const *>(pointers.data()), static_cast<int>(rows.size()),
			 rows.empty() ? 0 : static_cast<int>(rows.front().size()));
	return Datum{0};
}

void
Notice(const std::string &message, const std::string &hint)
{
	if (keeper != nullptr) {
		keeper->Add(message);
		return;
	}
	pg::Call(leaf::Emit, NOTICE, message.c_str(), hint.c_str());
}

void
Warning(const std::string &message, const std::string &hint)
{
	pg::Call(leaf::Emit, WARNING, message.c_str(), hint.c_str());
}

KeptNotices::KeptNotices() : outer_(std::exchange(keeper, this)) {}

KeptNotices::~KeptNotices()
{
	keeper = outer_;
}

void
CheckInterrupts()
{
	pg::Call(leaf::CheckInterrupts);
}

} // namespace sluice::api
