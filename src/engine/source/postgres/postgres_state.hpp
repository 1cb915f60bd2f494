// What is known of a PostgreSQL source once it is connected, and the statements that are made of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/source/divisible_source.hpp"
#include "engine/source/late_rows.hpp"
#include "engine/source/wire_source.hpp"
#include "engine/wire/copy_decoder.hpp"
#include "pg/remote_connection.hpp"

namespace sluice::engine {

struct PostgresColumn {
	std::string name;
	Oid type;
	int32 typmod;
	bool as_text;
	const char *cast; // of the SELECT list
};

struct PostgresSourceState {
	std::string server;
	std::string label;
	std::unique_ptr<pg::RemoteConnection> remote;
	std::string relation;  // of a table
	std::string oid;	   // the same
	std::string from;	   // relation or (query) AS source
	std::string where;	   // with its keyword, or ''
	std::string condition; // the filter in where
	std::string range;	   // of a cursor, in where as well
	std::string setting;   // under which the source understands it, or ''
	leaf::TextRepair repair{};
	bool is_table = false;
	bool plain_table = false; // COPY reads it as it is
	bool own_path = false;	  // the search_path of the remote user is set
	std::vector<PostgresColumn> columns;
	std::vector<ColumnMeaning> meaning;
	TupleDesc row_type = nullptr;
	leaf::CopyDecoder *decoder = nullptr;
	int64_t rows_expected = 0;
	std::optional<SourceSlice> slice;
	int64_t most_rows = 0; // 0: all
	OpenTransactions open; // before the snapshot

	std::string ListOf(const std::vector<bool> &needed, bool *any_cast) const;
	// Sets what the source applies, or says why it does not. before: a statement before it, or ''.
	std::string TryFilter(const std::string &wanted, const std::string &before);
	std::string Named() const { return is_table ? relation + " AS source" : from; }
	// After the condition or the range has changed.
	void SetWhere();
	// One part of a slice, or everything.
	std::string Select(const std::string &list, const SourceSpan &span) const;
};

} // namespace sluice::engine
