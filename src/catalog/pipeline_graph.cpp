#include "catalog/pipeline_graph.hpp"

#include "catalog/graph_lock_leaf.hpp"
#include "catalog/statement.hpp"

namespace sluice::catalog {

namespace {

// Of d; the id where role $2 may not see it.
#define SLUICE_LABEL                                                                                                   \
	"CASE WHEN pg_has_role($2::oid, d.owner_oid, 'USAGE') THEN d.owner || '/' || d.name ELSE d.id::text END"

std::vector<std::string>
Labels(const pg::SqlResult &rows)
{
	std::vector<std::string> labels;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		labels.push_back(rows.Text(row, 0));
	}
	return labels;
}

} // namespace

void
LockGraphForChange()
{
	pg::Call(leaf::LockGraph, true);
}

void
LockGraphForDrop()
{
	pg::Call(leaf::LockGraph, false);
}

std::vector<GraphNode>
NeededBy(const std::vector<std::string> &ids, Oid role)
{
	pg::SqlResult const rows =
		Execute("WITH RECURSIVE needed (id, label, depends_on, on_failure) AS (SELECT d.id, "
				"CASE WHEN pg_has_role($2::oid, d.owner_oid, 'USAGE') THEN d.name ELSE d.id::text END, d.depends_on, "
				"d.on_failure FROM sluice.pipeline_definitions d WHERE d.id = ANY ($1::uuid[]) UNION SELECT d.id, "
				"CASE WHEN pg_has_role($2::oid, d.owner_oid, 'USAGE') THEN d.name ELSE d.id::text END, d.depends_on, "
				"d.on_failure FROM needed n JOIN sluice.pipeline_definitions d ON d.id = ANY (n.depends_on || "
				"n.on_failure)) SELECT id, label, depends_on, on_failure FROM needed",
				{PlainArray(ids), Number(role)}, Reading::Latest);
	std::vector<GraphNode> nodes;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		nodes.push_back({rows.Text(row, 0), rows.Text(row, 1), PlainElements(rows.Text(row, 2)), rows.Cell(row, 3)});
	}
	return nodes;
}

std::vector<std::string>
DependentsOf(const std::string &id, Oid role)
{
	return Labels(Execute("SELECT " SLUICE_LABEL " FROM sluice.pipeline_definitions d "
						  "WHERE d.depends_on @> ARRAY[$1::uuid] AND d.depends_on <> '{{}}' ORDER BY 1",
						  {id, Number(role)}, Reading::Latest));
}

std::vector<std::string>
FallbackUsersOf(const std::string &id, Oid role)
{
	return Labels(Execute("SELECT " SLUICE_LABEL " FROM sluice.pipeline_definitions d "
						  "WHERE d.on_failure = $1::uuid ORDER BY 1",
						  {id, Number(role)}, Reading::Latest));
}

} // namespace sluice::catalog
