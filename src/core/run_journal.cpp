#include "core/run_journal.hpp"

#include <utility>

#include "core/redact.hpp"
#include "core/text_bounds.hpp"

namespace sluice {

void
RunJournal::AddNew(const char *level, std::string message, std::string data)
{
	if (said_.contains(message)) {
		again_.insert(std::move(message));
	} else {
		Add(level, std::move(message), std::move(data));
	}
}

void
RunJournal::BeginChunk()
{
	said_ = std::exchange(again_, {});
	for (JournalLine &line : lines_) {
		said_.insert(std::move(line.message));
	}
	lines_.clear();
	bytes_ = 0;
	dropped_ = 0;
	rejected_.BeginChunk();
}

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
