#include "core/redact.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

namespace sluice {

namespace {

constexpr std::string_view kMask = "***";

// A key that contains one of these holds a secret.
constexpr std::array<std::string_view, 14> kSecretWords = {
	"password",	  "passwd",		 "passphrase", "passcode",	 "pwd",		"secret", "token",
	"credential", "private_key", "access_key", "client_key", "api_key", "apikey", "api-key"};

// But one that ends so says something about secrets: password_required, password_encryption.
constexpr std::array<std::string_view, 2> kAboutSecrets = {"_required", "_encryption"};

// What stands for a secret in a hint.
constexpr std::string_view kPlaceholder = "'...'";

char
Lower(char c)
{
	return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool
IsSpace(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
IsWordCharacter(char c)
{
	char const lower = Lower(c);
	return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool
IsQuote(char c)
{
	return c == '\'' || c == '"' || c == '`';
}

bool
HoldsSecretWord(std::string_view lower)
{
	return std::none_of(kAboutSecrets.begin(), kAboutSecrets.end(),
						[lower](std::string_view end) { return lower.ends_with(end); }) &&
		   std::any_of(kSecretWords.begin(), kSecretWords.end(),
					   [lower](std::string_view word) { return lower.find(word) != std::string_view::npos; });
}

// Reads once from left to right; at_ is the next character to decide about.
class Redactor {
public:
	explicit Redactor(std::string_view text) : text_(text) {}

	std::string Run()
	{
		while (at_ < text_.size()) {
			if (text_.substr(at_, 3) == "://") {
				CopyTo(at_ + 3);
				UserInfo();
			} else if (IsWordCharacter(text_[at_])) {
				Word();
			} else {
				CopyTo(at_ + 1);
			}
		}
		return std::move(out_);
	}

private:
	char Peek(size_t position) const { return position < text_.size() ? text_[position] : '\0'; }

	void CopyTo(size_t end)
	{
		out_ += text_.substr(at_, end - at_);
		at_ = end;
	}

	size_t AfterSpaces(size_t position) const
	{
		while (position < text_.size() && IsSpace(text_[position])) {
			++position;
		}
		return position;
	}

	size_t AfterToken(size_t position) const
	{
		while (position < text_.size() && !IsSpace(text_[position])) {
			position += text_[position] == '\\' ? 2 : 1;
		}
		return std::min(position, text_.size());
	}

	// After "://": user:password@host. A password that should have been escaped may hold any of ":/?@'",
	// so it is everything between the first colon and the last @.
	void UserInfo()
	{
		size_t end = at_;
		while (end < text_.size() && !IsSpace(text_[end])) {
			++end;
		}
		std::string_view const token = text_.substr(at_, end - at_);
		size_t const at_sign = token.rfind('@');
		size_t const colon = token.find(':');
		if (at_sign == std::string_view::npos || colon > at_sign) {
			return;
		}
		size_t const host = at_ + at_sign;
		CopyTo(at_ + colon + 1);
		out_ += kMask;
		at_ = host;
	}

	void Word()
	{
		size_t end = at_;
		while (end < text_.size() && IsWordCharacter(text_[end])) {
			++end;
		}
		std::string word(text_.substr(at_, end - at_));
		std::transform(word.begin(), word.end(), word.begin(), Lower);
		bool const identified_by = previous_word_ == "identified" && word == "by";
		bool const secret = identified_by || HoldsSecretWord(word);
		char const before = at_ > 0 ? text_[at_ - 1] : '\0';
		CopyTo(end);
		if (word == "authorization") {
			HeaderValue();
		} else if (secret) {
			SecretValue(before, word.starts_with("--"));
		}
		previous_word_ = std::move(word);
	}

	// Authorization: Bearer abc
	void HeaderValue()
	{
		size_t const separator = AfterSpaces(IsQuote(Peek(at_)) ? at_ + 1 : at_);
		if (Peek(separator) == ':' || Peek(separator) == '=') {
			CopyTo(separator + 1);
			out_ += kMask;
			at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
		}
	}

	// '=' or ':', but not the '::' of a cast
	bool IsSeparator(size_t position) const
	{
		return Peek(position) == '=' || (Peek(position) == ':' && Peek(position + 1) != ':');
	}

	bool IsPlaceholder(size_t position) const
	{
		return text_.substr(position, kPlaceholder.size()) == kPlaceholder &&
			   Peek(position + kPlaceholder.size()) != '\'';
	}

	// After the key: [closing quote of the key] [=|:|=>|:=] value. Without a separator only a quoted string
	// is a value (PASSWORD 'x'), or anything after a command line's --password.
	void SecretValue(char before_key, bool command_line)
	{
		size_t value = AfterSpaces(at_);
		if (IsQuote(Peek(at_))) {
			size_t const behind_quote = AfterSpaces(at_ + 1);
			bool const closes_key = Peek(at_) != '\'' || before_key == '\'' || IsSeparator(behind_quote);
			value = closes_key ? behind_quote : at_;
		}
		bool const separated = IsSeparator(value);
		if (separated) {
			++value;
			if (Peek(value) == '>' || Peek(value) == '=') {
				++value;
			}
			value = AfterSpaces(value);
		}
		if (value >= text_.size() || (!separated && value == at_ && Peek(value) != '\'') || IsPlaceholder(value)) {
			return;
		}
		if (Peek(value + 1) == '\'' && Lower(Peek(value)) == 'e') {
			++value; // E'...'
		}
		if (IsQuote(Peek(value)) && (separated || Peek(value) == '\'')) {
			CopyTo(value + 1);
			QuotedValue(text_[value]);
		} else if (Peek(value) == '$' && text_.find('$', value + 1) != std::string_view::npos) {
			CopyTo(value);
			DollarQuotedValue();
		} else if (separated || command_line) {
			// MySQL says only whether there was one.
			if (text_.substr(value, 4) == "YES)" || text_.substr(value, 3) == "NO)") {
				return;
			}
			CopyTo(value);
			out_ += kMask;
			at_ = AfterToken(at_);
		}
	}

	void QuotedValue(char quote)
	{
		out_ += kMask;
		while (at_ < text_.size()) {
			if (text_[at_] == '\\' || (text_[at_] == quote && Peek(at_ + 1) == quote)) {
				at_ = std::min(at_ + 2, text_.size());
			} else if (text_[at_] == quote) {
				return;
			} else {
				++at_;
			}
		}
	}

	// $$...$$ or $tag$...$tag$; what is not closed goes to the end. A bare value that merely holds dollar
	// signs comes here too: then it is the token that goes.
	void DollarQuotedValue()
	{
		size_t const tag_length = text_.find('$', at_ + 1) - at_ + 1;
		std::string_view const tag = text_.substr(at_, tag_length);
		out_ += kMask;
		size_t const close = text_.find(tag, at_ + tag_length);
		at_ = close == std::string_view::npos ? AfterToken(at_) : std::max(close + tag_length, AfterToken(at_));
	}

	std::string_view text_;
	size_t at_ = 0;
	std::string out_;
	std::string previous_word_;
};

constexpr size_t kRemembered = 64;
constexpr size_t kLeastAnywhere = 4;

// Forms of the secrets, the longest of each secret first. Leaked with the process on purpose.
std::deque<std::vector<std::string>> &
Secrets()
{
	static auto *secrets = new std::deque<std::vector<std::string>>(); // NOLINT(cppcoreguidelines-owning-memory)
	return *secrets;
}

std::string
Escaped(std::string_view secret, std::string_view escaped, bool doubled)
{
	std::string text;
	for (char c : secret) {
		if (escaped.find(c) != std::string_view::npos) {
			text += doubled ? c : '\\';
		}
		text += c;
	}
	return text;
}

std::string
Percent(std::string_view secret, std::string_view digits)
{
	std::string text;
	for (char c : secret) {
		auto const byte = static_cast<unsigned char>(c);
		if (IsWordCharacter(c) || c == '.' || c == '~') {
			text += c;
		} else {
			text += '%';
			text += digits[byte >> 4];
			text += digits[byte & 0xF];
		}
	}
	return text;
}

std::string
Hex(std::string_view secret, std::string_view digits)
{
	std::string text;
	for (char c : secret) {
		auto const byte = static_cast<unsigned char>(c);
		text += digits[byte >> 4];
		text += digits[byte & 0xF];
	}
	return text;
}

std::string
Base64(std::string_view secret)
{
	constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	std::string text;
	unsigned bits = 0;
	int held = 0;
	for (char c : secret) {
		bits = (bits << 8) | static_cast<unsigned char>(c);
		for (held += 8; held >= 6; held -= 6) {
			text += kDigits[(bits >> (held - 6)) & 0x3F];
		}
	}
	// What the last digit would be depends on what follows: without it.
	return text;
}

std::vector<std::string>
Forms(std::string_view secret)
{
	std::vector<std::string> forms{std::string(secret)};
	if (secret.size() >= kLeastAnywhere) {
		forms.insert(forms.end(), {Escaped(secret, "'", true), Escaped(secret, "'\\", true),
								   Escaped(secret, "'\\", false), Escaped(secret, "\"\\", false),
								   Percent(secret, "0123456789ABCDEF"), Percent(secret, "0123456789abcdef"),
								   Hex(secret, "0123456789abcdef"), Hex(secret, "0123456789ABCDEF"), Base64(secret)});
	}
	std::sort(forms.begin(), forms.end(), [](const std::string &a, const std::string &b) {
		return a.size() != b.size() ? a.size() > b.size() : a < b;
	});
	forms.erase(std::unique(forms.begin(), forms.end()), forms.end());
	return forms;
}

void
TakeOut(std::string *text, const std::string &form)
{
	bool const anywhere = form.size() >= kLeastAnywhere;
	for (size_t at = text->find(form); at != std::string::npos; at = text->find(form, at)) {
		size_t const end = at + form.size();
		if (anywhere || ((at == 0 || !IsWordCharacter((*text)[at - 1])) &&
						 (end == text->size() || !IsWordCharacter((*text)[end])))) {
			text->replace(at, form.size(), kMask);
			at += kMask.size();
		} else {
			++at;
		}
	}
}

} // namespace

std::string
Redact(std::string_view text)
{
	// By their names first: that understands the text as it was.
	return RedactSecrets(Redactor(text).Run());
}

bool
IsNameOfSecret(std::string_view name)
{
	std::string lower(name);
	std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
	return HoldsSecretWord(lower);
}

void
ForgetSecrets()
{
	Secrets().clear();
}

std::string
RedactSecrets(std::string text)
{
	for (const std::vector<std::string> &forms : Secrets()) {
		for (const std::string &form : forms) {
			TakeOut(&text, form);
		}
	}
	return text;
}

void
RememberSecret(std::string_view secret)
{
	if (secret.empty()) {
		return;
	}
	std::deque<std::vector<std::string>> &secrets = Secrets();
	std::vector<std::string> forms = Forms(secret);
	auto const known = std::find(secrets.begin(), secrets.end(), forms);
	if (known != secrets.end()) {
		secrets.erase(known);
	} else if (secrets.size() >= kRemembered) {
		secrets.pop_back();
	}
	secrets.push_front(std::move(forms));
}

} // namespace sluice
