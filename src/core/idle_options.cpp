#include "core/idle_options.hpp"

#include <array>

#include "core/format.hpp"

namespace sluice {

namespace {

enum class Need { Cursor, Merge, Keys, Comparison, Mirror, History, Quarantine };

struct Needed {
	const char *key;
	Need need;
};

constexpr std::array kNeeds = {
	Needed{"current_column", Need::History},	Needed{"lag", Need::Cursor},
	Needed{"late_rows", Need::Cursor},			Needed{"max_deletes", Need::Comparison},
	Needed{"max_rejects", Need::Quarantine},	Needed{"merge_strategy", Need::Merge},
	Needed{"on_null_cursor", Need::Cursor},		Needed{"on_tie", Need::Keys},
	Needed{"scope", Need::Comparison},			Needed{"soft_delete_column", Need::Mirror},
	Needed{"valid_from_column", Need::History}, Needed{"valid_to_column", Need::History},
};

struct Answer {
	bool met;
	const char *what;
};

Answer
Ask(Need need, const OptionValues &options, LoadMode mode, bool by_cursor)
{
	switch (need) {
	case Need::Cursor:
		return {by_cursor, "it needs a cursor_column"};
	case Need::Merge:
		return {mode == LoadMode::Merge, "it is for load => 'merge'"};
	case Need::Keys:
		return {FindsByKeys(mode), "it is for loads with key_columns"};
	case Need::Comparison:
		return {Compares(mode), "it is for load => 'mirror' and 'history'"};
	case Need::Mirror:
		return {mode == LoadMode::Mirror, "it is for load => 'mirror'"};
	case Need::History:
		return {mode == LoadMode::History, "it is for load => 'history'"};
	case Need::Quarantine:
		return {options.Text("on_reject") == "quarantine", "it needs on_reject => 'quarantine'"};
	}
	return {true, ""};
}

} // namespace

std::vector<std::string>
IdleOptions(const OptionValues &options, LoadMode mode, bool by_cursor)
{
	std::vector<std::string> idle;
	for (const Needed &needed : kNeeds) {
		Answer const answer = Ask(needed.need, options, mode, by_cursor);
		if (!answer.met && options.IsGiven(needed.key)) {
			idle.push_back(Format("{} ({})", needed.key, answer.what));
		}
	}
	return idle;
}

} // namespace sluice
