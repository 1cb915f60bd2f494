#include "engine/known_secrets.hpp"

#include "core/redact.hpp"
#include "engine/mapping_options.hpp"
#include "pg/guard.hpp"

namespace sluice::engine {

namespace {

// More than that would push out those of the connections that are open.
constexpr int kMost = 32;
// What is shorter, or says yes or no, is no secret that could be told from a word.
constexpr size_t kShortest = 4;

bool
IsSecret(std::string_view name, std::string_view value)
{
	return IsNameOfSecret(name) && value.size() >= kShortest && value != "true" && value != "false";
}

} // namespace

void
RememberMappedSecrets(Oid role)
{
	List *const options = pg::Call(leaf::MappingOptions, role);
	int remembered = 0;
	for (int i = 0; i < list_length(options) && remembered < kMost; ++i) {
		auto *option = static_cast<DefElem *>(list_nth(options, i));
		std::string const value = pg::Call(defGetString, option);
		if (IsSecret(option->defname, value)) {
			RememberSecret(value);
			++remembered;
		}
	}
}

Error
WithoutSecrets(const Error &error)
{
	ErrorInfo info = error.Info();
	for (std::string *text : {&info.message, &info.hint}) {
		*text = RedactSecrets(std::move(*text));
	}
	// They quote: a row, a statement of a function.
	for (std::string *text : {&info.detail, &info.detail_log, &info.context}) {
		*text = Redact(*text);
	}
	std::string shown = Redact(info.internal_query);
	if (shown != info.internal_query) {
		info.internal_query = std::move(shown);
		// It is a place in the text as it was.
		info.internal_position = 0;
	}
	return Error(std::move(info));
}

} // namespace sluice::engine
