// Definitions as JSON, as apply_pipeline takes them and export_pipelines writes them: a key for each column with
// kScripted, pipelines in depends_on and on_failure by their names.
#pragma once

#include <string>
#include <vector>

#include "catalog/pipeline.hpp"
#include "pg/sql.hpp"

namespace sluice::catalog {

struct JsonElement {
	std::string type; // as jsonb_typeof says
	std::string text; // of a string what it says, of all else its JSON
};
struct JsonEntry {
	std::string key;
	JsonElement value;
	std::vector<JsonElement> elements; // of an array
};
std::vector<JsonEntry> JsonEntries(const std::string &object);

// As PostgreSQL writes a text[], so that it equals what is stored.
std::string TextArrayAsStored(const std::vector<std::string> &elements);

// The values of those columns as JSON text of several lines, in the order of the columns; nothing: not set. Pipelines
// that role may not see are named by their ids.
std::vector<pg::SqlValue> JsonCells(const Pipeline &pipeline, Oid role);

} // namespace sluice::catalog
