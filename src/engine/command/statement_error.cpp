#include "engine/command/statement_error.hpp"

namespace sluice::engine {

namespace {

int
LineOf(const char *text, int position)
{
	int line = 1;
	for (int character = 1; character < position && *text != '\0'; ++character) {
		line += *text == '\n' ? 1 : 0;
		text += pg_mblen(text);
	}
	return line;
}

} // namespace

Error
AtStatement(const Error &error, const ParsedCommand &command, int number, const char *what)
{
	const ErrorInfo &info = error.Info();
	std::string where = Format("{} of the pipeline: {}", what, command.Name(number));
	if (info.cursor_position > 0) {
		where += Format(", line {}", pg::Call(LineOf, command.Text().text, info.cursor_position));
	}
	return error.WithContext(where);
}

Error
WithoutQuery(const Error &error)
{
	ErrorInfo info = error.Info();
	info.internal_query.clear();
	info.internal_position = 0;
	info.cursor_position = 0;
	return Error(std::move(info));
}

} // namespace sluice::engine
