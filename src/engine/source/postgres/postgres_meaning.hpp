// What the columns of another PostgreSQL mean here: this database's own types for them, and where texts are ordered in
// another way there.
#pragma once

#include "engine/transform/column_meaning.hpp"
#include "engine/wire/type_shape.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

// How a column is described by the other server, and whether it travels as text.
struct DescribedColumn {
	const std::string &name;
	Oid type;
	int32 typmod;
	bool as_text;
	bool computed; // it may be, by columns or filter
};

// from: what is read, a FROM item.
std::vector<ColumnMeaning> FindMeaning(pg::RemoteConnection &remote, const std::string &from,
									   const std::vector<DescribedColumn> &columns);

} // namespace sluice::engine
