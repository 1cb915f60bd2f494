// What makes a foreign data wrapper read a whole table faster: an option of its foreign tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

struct WrapperSetting {
	std::string_view option; // '': none is known
	std::string_view unless; // an option by which a user has decided the same, or ''
	std::string_view value;	 // '': how many rows are fetched at a time
	int64_t most_rows;		 // the greatest number that the wrapper takes
};

// The option's value, as text, when so many rows are wanted at a time.
std::string WrapperSettingValue(const WrapperSetting &setting, int64_t rows);

} // namespace sluice
