#include "catalog/statement.hpp"

#include "core/sqlstate.hpp"
#include "core/uuid.hpp"
#include "pg/extension.hpp"

namespace sluice::catalog {

namespace {

constexpr int64_t kMicrosecondsPerMillisecond = 1000;

UuidGenerator generator;

char *
UserName()
{
	return GetUserNameFromId(GetUserId(), true);
}

} // namespace

pg::SqlResult
Execute(std::string_view statement, std::span<const pg::SqlValue> parameters, Reading reading)
{
	pg::Extension const extension = pg::RequireExtension();
	pg::SqlOptions options;
	options.run_as = extension.owner;
	options.latest_snapshot = reading == Reading::Latest;
	options.keep_plan = true;
	return pg::Sql(FormatRuntime(statement, extension.schema_name), parameters, options);
}

pg::SqlResult
ExecuteAs(Oid role, std::string_view statement, std::span<const pg::SqlValue> parameters)
{
	pg::SqlOptions options;
	options.run_as = role;
	return pg::Sql(FormatRuntime(statement, pg::RequireExtension().schema_name), parameters, options);
}

std::string
TextArray(const std::vector<pg::SqlValue> &elements)
{
	std::string text = "{";
	for (const pg::SqlValue &element : elements) {
		if (text.size() > 1) {
			text += ',';
		}
		if (!element) {
			text += "NULL";
			continue;
		}
		text += '"';
		for (char const c : *element) {
			if (c == '"' || c == '\\') {
				text += '\\';
			}
			text += c;
		}
		text += '"';
	}
	return text + "}";
}

std::string
PlainArray(const std::vector<std::string> &elements)
{
	return "{" + Join(elements, ",") + "}";
}

std::vector<std::string>
PlainElements(const std::string &array)
{
	std::vector<std::string> elements;
	for (size_t start = 1; start + 1 < array.size();) {
		size_t const end = std::min(array.find(',', start), array.size() - 1);
		elements.push_back(array.substr(start, end - start));
		start = end + 1;
	}
	return elements;
}

std::string
NewId()
{
	UuidRandom random;
	if (!pg_strong_random(random.data(), random.size())) {
		throw Error(sqlstate::kInternalError, "could not generate random values");
	}
	constexpr int64_t kEpochShift = static_cast<int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	return generator.Next((GetCurrentTimestamp() + kEpochShift) / kMicrosecondsPerMillisecond, random);
}

std::string
CurrentUserName()
{
	const char *name = pg::Call(UserName);
	if (name == nullptr) {
		// A session outlives its role.
		throw Error(sqlstate::kInsufficientPrivilege, "the role of this session was dropped",
					"Connect as another role.");
	}
	return name;
}

} // namespace sluice::catalog
