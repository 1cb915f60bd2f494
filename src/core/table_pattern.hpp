// Which tables of a source are meant, by names and patterns: 'public.*', 'shop.order_?', '-public.tmp_*'. Pure C++.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/identifier.hpp"

namespace sluice {

struct PatternTarget {
	std::string schema;
	std::string table;
	bool by_name_only = false; // no wildcard means it: a view, a part of another table
	bool visible = false;	   // it is found without its schema
};

class TablePattern {
public:
	// Parts are those of SplitNameParts. In a part without double quotes * stands for any characters and ? for one, and
	// case does not matter. '-' before the name: what fits is left out. Throws Error 42602.
	explicit TablePattern(std::string_view text);

	bool Excludes() const { return excludes_; }
	// Without the '-'.
	const std::string &Text() const { return text_; }
	bool HasWildcard() const { return wildcard_; }
	bool Fits(const PatternTarget &target) const;
	// The name as it stands, case included.
	bool IsName(const PatternTarget &target) const;
	// What to write in place of a pattern that fits nothing, or ''.
	std::string Nearest(const std::vector<PatternTarget> &targets) const;

private:
	bool FitsSchema(const PatternTarget &target) const;

	std::string text_;
	bool excludes_;
	bool wildcard_ = false;
	std::vector<NamePart> parts_; // schema and table, or the table alone
};

// The places of those that the patterns mean, in their order. server: for messages. Throws Error 42P01 for a pattern
// that fits none, 42P09 for a name that fits several, 22023 where nothing is to be taken.
std::vector<size_t> SelectTables(const std::vector<std::string> &patterns, const std::vector<PatternTarget> &targets,
								 const std::string &server);

// The pattern with {schema} and {table} filled in. Throws Error 22023, which names the argument, for any other {...}.
std::string FillTablePattern(std::string_view argument, std::string_view pattern, std::string_view schema,
							 std::string_view table);

} // namespace sluice
