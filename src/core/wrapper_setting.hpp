// What makes a foreign data wrapper that is known by name read a whole table faster: an option of its foreign tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

struct WrapperSetting {
	std::string_view wrapper;
	std::string_view option;
	std::string_view unless; // an option by which a user has decided the same, or ''
	std::string_view value;	 // '': how many rows are fetched at a time
	int64_t most_rows;		 // the greatest number that the wrapper takes
};

// NULL for a wrapper without such an option, or one that is not known.
const WrapperSetting *FindWrapperSetting(std::string_view wrapper);

// The option's value, as text, when so many rows are wanted at a time.
std::string WrapperSettingValue(const WrapperSetting &setting, int64_t rows);

} // namespace sluice
