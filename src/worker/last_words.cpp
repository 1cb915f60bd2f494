#include "worker/last_words.hpp"

namespace sluice::worker::leaf {

namespace {

// Not in shared memory: the lock on it may be held when the error is raised.
int state = 0;
char words[sizeof(RunSlot::last_words)] = "";
char trouble_text[sizeof(RunSlot::last_trouble)] = "";

emit_log_hook_type previous_log_hook = nullptr;

void
OnLog(ErrorData *error)
{
	if (error->elevel >= FATAL && error->message != nullptr && words[0] == '\0') {
		CopyCut(words, sizeof(words), error->message);
	}
	if (previous_log_hook != nullptr) {
		previous_log_hook(error);
	}
}

} // namespace

void
CopyCut(char *target, size_t size, const char *text)
{
	size_t const length = strlen(text);
	size_t const room = size - 1;
	size_t const kept = length <= room ? length : pg_mbcliplen(text, static_cast<int>(length), static_cast<int>(room));
	memcpy(target, text, kept);
	target[kept] = '\0';
}

void
ListenForLastWords()
{
	previous_log_hook = emit_log_hook;
	emit_log_hook = OnLog;
}

void
NoteUnwritten(int sqlstate, const char *failure, const char *trouble)
{
	state = sqlstate;
	CopyCut(words, sizeof(words), failure);
	CopyCut(trouble_text, sizeof(trouble_text), trouble);
}

void
LeaveLastWords(RunSlot *slot)
{
	slot->last_state = state;
	memcpy(slot->last_words, words, sizeof(words));
	memcpy(slot->last_trouble, trouble_text, sizeof(trouble_text));
}

} // namespace sluice::worker::leaf
