#include "core/mysql_syntax.hpp"

#include <array>
#include <cctype>

#include "core/ascii.hpp"
#include "core/format.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

struct Token {
	enum class Kind { End, Word, Quoted, Symbol };

	Kind kind = Kind::End;
	size_t start = 0;
	size_t end = 0;
};

class Scanner {
public:
	explicit Scanner(std::string_view text) : text_(text) {}

	Token Next()
	{
		SkipBlanks();
		Token token{Token::Kind::End, at_, at_};
		if (at_ == text_.size()) {
			return token;
		}
		char const first = text_[at_];
		if (first == '\'' || first == '"' || first == '`') {
			token.kind = Token::Kind::Quoted;
			SkipQuoted(first);
		} else if (IsWordPart(first)) {
			token.kind = Token::Kind::Word;
			while (at_ < text_.size() && IsWordPart(text_[at_])) {
				++at_;
			}
		} else {
			token.kind = Token::Kind::Symbol;
			++at_;
		}
		token.end = at_;
		return token;
	}

	std::string_view Text(const Token &token) const { return text_.substr(token.start, token.end - token.start); }
	bool IsSymbol(const Token &token, char symbol) const
	{
		return token.kind == Token::Kind::Symbol && text_[token.start] == symbol;
	}
	bool IsWord(const Token &token, std::string_view word) const
	{
		return token.kind == Token::Kind::Word && EqualsIgnoringCase(Text(token), word);
	}

private:
	static bool IsWordPart(char c)
	{
		char const lower = LowerAscii(c);
		return (lower >= 'a' && lower <= 'z') || IsDigit(c) || c == '_' || c == '$' || (c & 0x80) != 0;
	}

	bool StartsWith(std::string_view what) const { return text_.substr(at_).starts_with(what); }

	void SkipBlanks()
	{
		for (;;) {
			if (at_ < text_.size() && IsBlank(text_[at_])) {
				++at_;
			} else if (StartsWith("#") || IsDashComment()) {
				at_ = std::min(text_.find('\n', at_), text_.size());
			} else if (StartsWith("/*")) {
				size_t const end = text_.find("*/", at_ + 2);
				at_ = end == std::string_view::npos ? text_.size() : end + 2;
			} else {
				return;
			}
		}
	}

	// Two dashes begin a comment only where something blank follows.
	bool IsDashComment() const { return StartsWith("--") && (at_ + 2 == text_.size() || IsBlank(text_[at_ + 2])); }

	void SkipQuoted(char quote)
	{
		++at_;
		while (at_ < text_.size()) {
			if (text_[at_] == '\\' && quote != '`') {
				at_ = std::min(at_ + 2, text_.size());
			} else if (text_[at_] != quote) {
				++at_;
			} else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
				at_ += 2;
			} else {
				++at_;
				return;
			}
		}
	}

	std::string_view text_;
	size_t at_ = 0;
};

constexpr std::array<std::string_view, 4> kQueryStarts = {"SELECT", "WITH", "VALUES", "TABLE"};

} // namespace

std::string
QuoteMysqlName(std::string_view name)
{
	std::string quoted = "`";
	for (char const c : name) {
		quoted += c;
		if (c == '`') {
			quoted += c;
		}
	}
	return quoted + '`';
}

std::string
QuoteMysqlText(std::string_view text)
{
	constexpr std::string_view kDigits = "0123456789abcdef";
	std::string hex;
	hex.reserve(text.size() * 2);
	for (char const c : text) {
		auto const byte = static_cast<unsigned char>(c);
		hex += kDigits[byte >> 4];
		hex += kDigits[byte & 15];
	}
	return Format("CONVERT(x'{}' USING utf8mb4)", hex);
}

std::string
CheckMysqlQuery(std::string_view query)
{
	Scanner scanner(query);
	Token token = scanner.Next();
	while (scanner.IsSymbol(token, '(')) {
		token = scanner.Next();
	}
	bool begins_well = false;
	for (std::string_view const word : kQueryStarts) {
		begins_well = begins_well || scanner.IsWord(token, word);
	}
	size_t end = query.size();
	bool another = false;
	for (; token.kind != Token::Kind::End && !another; token = scanner.Next()) {
		if (scanner.IsSymbol(token, ';')) {
			end = std::min(end, token.start);
		} else {
			another = end != query.size();
		}
	}
	if (!begins_well || another) {
		throw Error(sqlstate::kSyntaxError, "source_query is not one SELECT statement",
					"Write one SELECT in the SQL of the source, as it is sent there.");
	}
	return std::string(query.substr(0, end));
}

bool
MentionsColumn(std::string_view sql, std::string_view column)
{
	auto const is_part = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '$' || c >= 0x80; };
	std::string const text = Lowered(sql);
	std::string const name = Lowered(column);
	for (size_t at = text.find(name); !name.empty() && at != std::string::npos; at = text.find(name, at + 1)) {
		size_t const end = at + name.size();
		if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) {
			return true;
		}
	}
	return false;
}

std::string
ReplaceMysqlRunContext(std::string_view query, std::string_view literal)
{
	Scanner scanner(query);
	std::string replaced;
	size_t copied = 0;
	Token before;
	Token name;
	for (Token token = scanner.Next(); token.kind != Token::Kind::End; token = scanner.Next()) {
		if (scanner.IsSymbol(token, ')') && scanner.IsSymbol(before, '(') && scanner.IsWord(name, "run_context")) {
			replaced += query.substr(copied, name.start - copied);
			replaced += literal;
			copied = token.end;
		}
		name = before;
		before = token;
	}
	return replaced += query.substr(copied);
}

} // namespace sluice
