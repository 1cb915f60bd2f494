// What the columns of a stream mean in this database, beyond the type they travel as.
#pragma once

#include <memory>
#include <string>

#include "core/error.hpp"
#include "engine/transform/settle_meaning.hpp"

namespace sluice::engine {

struct TypeShape;

struct ColumnMeaning {
	leaf::SourceType type{};
	std::string name;
	std::string source_type;		  // as the source calls it
	std::string missing_extension;	  // the one that is installed nowhere here and has its type; ''
	std::string missing;			  // why there is no type for it here: "type app.mood does not exist here"
	std::string why_not;			  // why nothing is computed with it here
	std::string collations;			  // of the source and of this database, where they differ
	bool is_hidden = false;			  // "*" leaves it out
	std::string zone;				  // why its zone is not known
	std::string named_order;		  // an expression over it whose order is named; '': it with COLLATE "C"
	std::shared_ptr<TypeShape> shape; // of what travels as text
	std::string modifier;			  // "(10,2)"
};

enum class Clause { Columns, Filter };

// A table made after the query would have a column of that type. where: "this database". is_there: the extension is
// installed, without that type.
Error ExtensionMissing(const std::string &column, const std::string &type, const std::string &extension,
					   const std::string &where, bool is_there);

// The refusal to compute here what would mean something else. not_there: why the source does not do it either.
Error RefuseMeaning(const ColumnMeaning &column, Clause clause, const std::string &not_there);

} // namespace sluice::engine
