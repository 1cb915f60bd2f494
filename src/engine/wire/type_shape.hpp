// What a type is beyond its number, so that the same one can be found at another server: kind, extension, labels,
// attributes, base, subtype.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/wire/ask_server.hpp"

namespace sluice::engine {

// Types with lower numbers are the same type on every server.
constexpr Oid kFirstOidOfOneServer = 10000;

struct TypeShape {
	std::string schema; // of an array: its element's, as name and extension are
	std::string name;
	std::string extension;
	std::string text;	// as format_type writes it
	std::string shape;	// equal for the same types; '': nothing is equal to it
	std::string inside; // the collations of texts within it
	char kind = '\0';	// pg_type.typtype; of an array: its element's
	bool is_array = false;
	bool is_visible = false; // in the search_path of who asks
	bool collates = false;
};

std::map<Oid, TypeShape> DescribeTypes(const AskServer &ask, const std::set<Oid> &types);

struct FoundType {
	Oid oid = InvalidOid; // where there is none
	std::string text;
	TypeShape shape;
	bool has_namesake = false; // there is a type of that name, with another shape
};
// For each the type of the same shape: of the same extension, or of the same schema, or in the search_path of who asks.
std::vector<FoundType> FindTypes(const AskServer &ask, const std::vector<const TypeShape *> &wanted);

// "(10,2)", what format_type adds for a modifier; ''.
std::string ModifierText(const AskServer &ask, Oid type, int32 modifier);

} // namespace sluice::engine
