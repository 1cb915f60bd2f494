// A filter as a condition in MySQL's SQL, where it is made of what both read alike: columns that are compared with
// literals.
//
// Leaf regime.
#pragma once

#include "pg/prelude.hpp"

namespace sluice::engine::leaf {

// How a column may be compared there.
enum class MysqlFilterKind : uint8 {
	None,
	Text,
	Labels, // of an enum or a set: as a text
	Number,
	Date,
	Datetime
};

struct MysqlFilterColumn {
	const char *name;
	const char *quoted; // as the source has it
	MysqlFilterKind kind;
};

// In the database's encoding. NULL where the source cannot be asked: *reason says why.
const char *MysqlCondition(const char *filter, const MysqlFilterColumn *columns, int count, const char **reason);

} // namespace sluice::engine::leaf
