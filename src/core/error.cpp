#include "core/error.hpp"

namespace sluice {

int
SqlStateFromText(const std::string &text)
{
	char code[6] = {};
	if (text.size() != sizeof(code) - 1) {
		return 0;
	}
	text.copy(code, text.size());
	return SqlState(code);
}

std::string
SqlStateText(int sqlstate)
{
	std::string text(5, '0');
	for (char &c : text) {
		c = static_cast<char>((sqlstate & 0x3F) + '0');
		sqlstate >>= 6;
	}
	return text;
}

std::string
WholeText(const ErrorInfo &error)
{
	std::string text = error.message;
	if (!error.detail.empty()) {
		text += "\nDETAIL:  " + error.detail;
	}
	if (!error.hint.empty()) {
		text += "\nHINT:  " + error.hint;
	}
	if (!error.context.empty()) {
		text += "\nCONTEXT:  " + error.context;
	}
	return text;
}

Error::Error(int sqlstate, std::string message, std::string hint, std::string detail)
{
	ErrorInfo info;
	info.sqlstate = sqlstate;
	info.message = std::move(message);
	info.hint = std::move(hint);
	info.detail = std::move(detail);
	info_ = std::make_shared<const ErrorInfo>(std::move(info));
}

Error
Error::WithContext(const std::string &line) const
{
	ErrorInfo info = *info_;
	info.context = info.context.empty() ? line : info.context + "\n" + line;
	return Error(std::move(info));
}

} // namespace sluice
