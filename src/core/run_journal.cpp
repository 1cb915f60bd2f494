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

} // namespace sluice
