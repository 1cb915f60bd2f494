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
	ErrorInfo info = error.Info();
	std::string where = Format("{} of the pipeline: {}", what, command.Name(number));
	if (info.cursor_position > 0) {
		where += Format(", line {}", pg::Call(LineOf, command.Text().text, info.cursor_position));
		// A client would look for it in its own statement.
		info.internal_position = std::exchange(info.cursor_position, 0);
		info.internal_query = command.Text().text;
	}
	return Error(std::move(info)).WithContext(where);
}

} // namespace sluice::engine
