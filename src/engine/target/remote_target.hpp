// A table at another PostgreSQL as a destination: its columns, which of them a query feeds, and the form in
// which rows travel there.
#pragma once

#include <string>
#include <vector>

#include "engine/transform/column_match.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct RemoteColumn {
	TargetColumn target;
	// The type behind domains, where it is one that this server knows too; else InvalidOid.
	Oid type = InvalidOid;
	int32 typmod = -1;
	Oid type_there = InvalidOid; // the same by its number at that server
	std::string type_text;
};

std::vector<RemoteColumn> ReadRemoteColumns(pg::RemoteConnection &remote, const std::string &relation_oid);

struct RemoteShape {
	TupleDesc row_type = nullptr; // the columns that are fed, as they are sent
	ColumnMatch match;			  // to row_type
	std::string column_list;	  // of the COPY, '' for a table without columns
	bool binary = false;
	bool has_money = false;			   // sent as numbers, which the session there must read by the locale C
	std::vector<RemoteColumn> unknown; // fed, of types that only that server knows
	std::vector<RemoteColumn> fed;
};

// The query's columns matched to the table's, with the errors of a local destination (42703, 42804, 23502). A
// column whose type is not known here takes the query's own type, and rows then travel as text.
RemoteShape MatchRemote(const MappedQuery &query, const std::vector<RemoteColumn> &columns, const std::string &relation,
						RunJournal *journal);

} // namespace sluice::engine
