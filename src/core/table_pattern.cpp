#include "core/table_pattern.hpp"

#include <algorithm>
#include <set>

#include "core/ascii.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/nearest.hpp"
#include "core/sqlstate.hpp"

namespace sluice {

namespace {

// How many bytes the character has that begins there.
size_t
CharacterLength(std::string_view text, size_t at)
{
	size_t end = at + 1;
	while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
		++end;
	}
	return end - at;
}

// Back to the last star where it goes no further: at most the product of the lengths.
bool
FitsWildcards(std::string_view pattern, std::string_view name)
{
	size_t p = 0;
	size_t n = 0;
	size_t star = std::string_view::npos;
	size_t star_name = 0;
	while (n < name.size()) {
		if (p < pattern.size() && pattern[p] == '*') {
			star = p++;
			star_name = n;
		} else if (p < pattern.size() && pattern[p] == '?') {
			++p;
			n += CharacterLength(name, n);
		} else if (p < pattern.size() && LowerAscii(pattern[p]) == LowerAscii(name[n])) {
			++p;
			++n;
		} else if (star != std::string_view::npos) {
			p = star + 1;
			star_name += CharacterLength(name, star_name);
			n = star_name;
		} else {
			return false;
		}
	}
	return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool
HasWildcards(const NamePart &part)
{
	return !part.quoted && part.text.find_first_of("*?") != std::string::npos;
}

bool
FitsPart(const NamePart &part, std::string_view name)
{
	return part.quoted ? part.text == name : FitsWildcards(part.text, name);
}

std::string
NameOf(const PatternTarget &target)
{
	return target.schema + "." + target.table;
}

// Places of those that one pattern means.
std::vector<size_t>
Fitting(const TablePattern &pattern, const std::vector<PatternTarget> &targets, const std::string &server)
{
	std::vector<size_t> found;
	std::vector<size_t> exact;
	for (size_t i = 0; i < targets.size(); ++i) {
		if (!pattern.Fits(targets[i])) {
			continue;
		}
		found.push_back(i);
		if (pattern.IsName(targets[i])) {
			exact.push_back(i);
		}
	}
	if (pattern.HasWildcard() || found.size() < 2) {
		return found;
	}
	if (exact.size() == 1) {
		return exact;
	}
	if (pattern.Excludes()) {
		return found;
	}
	throw Error(sqlstate::kAmbiguousAlias, Format("table \"{}\" is ambiguous at server \"{}\"", pattern.Text(), server),
				"Write the exact name, in double quotes.",
				Format("It could be {} or {}.", NameOf(targets[found[0]]), NameOf(targets[found[1]])));
}

[[noreturn]] void
ThrowFitsNone(const TablePattern &pattern, const std::vector<PatternTarget> &targets, const std::string &server)
{
	std::string const nearest = pattern.Nearest(targets);
	throw Error(sqlstate::kUndefinedTable, Format("no table of server \"{}\" fits \"{}\"", server, pattern.Text()),
				nearest.empty() ? "Write schema.table, or database.table for MySQL, and check what the user of the "
								  "mapping may see there."
								: Format("Perhaps you meant \"{}\".", nearest));
}

} // namespace

TablePattern::TablePattern(std::string_view text) : excludes_(false)
{
	std::string_view name = Trim(text);
	if (!name.empty() && name.front() == '-') {
		excludes_ = true;
		name = Trim(name.substr(1));
	}
	text_ = name;
	parts_ = SplitNameParts(name);
	if (parts_.size() > 2) {
		throw Error(sqlstate::kInvalidName, Format("\"{}\" in tables has too many parts", text_),
					"Write it as schema.table, or database.table for MySQL.");
	}
	wildcard_ = std::any_of(parts_.begin(), parts_.end(), HasWildcards);
}

bool
TablePattern::FitsSchema(const PatternTarget &target) const
{
	return parts_.size() == 2 ? FitsPart(parts_.front(), target.schema) : target.visible;
}

bool
TablePattern::Fits(const PatternTarget &target) const
{
	// An exclusion leaves out whatever fits.
	bool const allowed = !target.by_name_only || !wildcard_ || excludes_;
	return allowed && FitsSchema(target) && FitsPart(parts_.back(), target.table);
}

bool
TablePattern::IsName(const PatternTarget &target) const
{
	return parts_.back().text == target.table && (parts_.size() == 1 || parts_.front().text == target.schema);
}

std::string
TablePattern::Nearest(const std::vector<PatternTarget> &targets) const
{
	bool const schema_fits =
		parts_.size() == 1 ||
		std::any_of(targets.begin(), targets.end(), [this](const PatternTarget &target) { return FitsSchema(target); });
	std::set<std::string> names;
	for (const PatternTarget &target : targets) {
		if (!schema_fits) {
			names.insert(target.schema);
		} else if (FitsSchema(target)) {
			names.insert(target.table);
		}
	}
	std::optional<std::string> const nearest =
		sluice::Nearest(schema_fits ? parts_.back().text : parts_.front().text, {names.begin(), names.end()});
	if (!nearest) {
		return {};
	}
	if (!schema_fits) {
		return *nearest + "." + parts_.back().text;
	}
	return parts_.size() == 1 ? *nearest : parts_.front().text + "." + *nearest;
}

std::vector<size_t>
SelectTables(const std::vector<std::string> &patterns, const std::vector<PatternTarget> &targets,
			 const std::string &server)
{
	std::set<size_t> taken;
	std::set<size_t> left_out;
	bool includes = false;
	for (const std::string &text : patterns) {
		TablePattern const pattern(text);
		std::vector<size_t> const fitting = Fitting(pattern, targets, server);
		(pattern.Excludes() ? left_out : taken).insert(fitting.begin(), fitting.end());
		includes = includes || !pattern.Excludes();
		if (fitting.empty() && !pattern.Excludes()) {
			ThrowFitsNone(pattern, targets, server);
		}
	}
	if (!includes) {
		throw Error(sqlstate::kInvalidParameterValue, "tables names none to take",
					"Name tables, such as 'public.*', before those to leave out.");
	}
	std::vector<size_t> selected;
	std::set_difference(taken.begin(), taken.end(), left_out.begin(), left_out.end(), std::back_inserter(selected));
	return selected;
}

std::string
FillTablePattern(std::string_view argument, std::string_view pattern, std::string_view schema, std::string_view table)
{
	std::string filled;
	for (size_t at = 0; at < pattern.size();) {
		if (pattern[at] != '{') {
			filled += pattern[at++];
			continue;
		}
		size_t const end = pattern.find('}', at);
		std::string_view const word =
			end == std::string_view::npos ? pattern.substr(at) : pattern.substr(at, end - at + 1);
		if (word != "{schema}" && word != "{table}") {
			throw Error(sqlstate::kInvalidParameterValue, Format("{} has \"{}\"", argument, word),
						"{schema} and {table} are filled in.");
		}
		filled += word == "{schema}" ? schema : table;
		at = end + 1;
	}
	return filled;
}

} // namespace sluice
