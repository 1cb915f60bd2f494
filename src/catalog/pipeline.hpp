// A pipeline as its definition says. What follows from a member is in pipeline_columns.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pg/prelude.hpp"

namespace sluice::catalog {

struct Pipeline {
	std::string id; // uuid text
	std::string name;
	std::optional<std::string> description;
	std::string tags = "{}"; // array literal
	Oid owner_oid = InvalidOid;
	std::string owner; // role name as stored
	std::optional<std::string> source;
	std::optional<std::string> source_table;
	std::optional<std::string> source_query;
	std::optional<std::string> destination;
	std::optional<std::string> destination_table; // qualified
	std::string mode = "batch";
	std::optional<std::string> load;
	bool load_chosen = true;				// by the user; false: because there was nothing to lose
	std::optional<std::string> key_columns; // array literal
	std::optional<std::string> cursor_column;
	std::optional<std::string> columns;
	std::optional<std::string> filter;
	std::optional<std::string> command; // in place of all that says what is loaded
	std::optional<std::string> schedule;
	std::string timezone;
	std::vector<std::string> depends_on; // ids
	std::optional<std::string> on_failure;
	std::string options = "{}"; // JSON text
	std::string status = "active";
	std::string search_path;
	int version = 1;
	// Defined in the database of which this one is a copy: nothing starts until adopt_pipelines().
	bool parked = false;
	bool paused = false;
	std::optional<std::string> paused_reason;
	std::string created_by;

	// Its run goes on when it has read what is there.
	bool IsContinuous() const { return mode == "realtime"; }
};

} // namespace sluice::catalog
