#include "core/run_journal.hpp"

#include "core/redact.hpp"
#include "core/text_bounds.hpp"

namespace sluice {

void
RunJournal::Add(const char *level, std::string message, std::string data)
{
	message = CutMessage(RedactSecrets(std::move(message)));
	data = RedactSecrets(std::move(data));
	if (data.size() > Bound(Text::Message)) {
		data.clear();
	}
	size_t const size = message.size() + data.size();
	if (lines_.size() >= kMaxLines || bytes_ + size > kMaxBytes) {
		++dropped_;
		return;
	}
	bytes_ += size;
	lines_.push_back({clock_(), level, phase_, std::move(message), std::move(data)});
}

std::string
RunJournal::Text(size_t max_bytes) const
{
	std::string text;
	for (const JournalLine &line : lines_) {
		std::string const entry = line.level + " [" + line.phase + "] " + line.message + "\n";
		if (text.size() + entry.size() > max_bytes) {
			text += "...\n";
			break;
		}
		text += entry;
	}
	return text;
}

} // namespace sluice
