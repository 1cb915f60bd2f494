#include "catalog/pipeline_graph.hpp"

#include <algorithm>
#include <map>

#include "catalog/graph_lock.hpp"
#include "catalog/statement.hpp"
#include "core/sqlstate.hpp"
#include "core/uuid.hpp"

namespace sluice::catalog {

namespace {

// Of d; the id where role $2 may not see it.
#define SLUICE_LABEL                                                                                                   \
	"CASE WHEN pg_has_role($2::oid, d.owner_oid, 'USAGE') THEN COALESCE((SELECT a.rolname FROM pg_authid a WHERE "     \
	"a.oid = d.owner_oid), d.owner) || '/' || d.name ELSE d.id::text END"

std::vector<std::string>
IdsNeededBy(const std::map<std::string, bool> &pipelines)
{
	std::vector<std::string> ids;
	for (const auto &pipeline : pipelines) {
		ids.push_back(pipeline.first);
	}
	pg::SqlResult const rows = Execute(
		"WITH RECURSIVE needed (id) AS (SELECT unnest($1::uuid[]) UNION SELECT t.id FROM needed n JOIN "
		"sluice.pipeline_definitions d ON d.id = n.id CROSS JOIN LATERAL unnest(d.depends_on || d.on_failure) t (id) "
		"WHERE t.id IS NOT NULL) SELECT id FROM needed",
		{PlainArray(ids)}, Reading::Latest);
	std::vector<std::string> needed;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		needed.push_back(rows.Text(row, 0));
	}
	return needed;
}

std::vector<leaf::GraphLock>
LocksOf(const std::map<std::string, bool> &pipelines)
{
	std::vector<leaf::GraphLock> locks;
	for (const auto &[id, change] : pipelines) {
		leaf::GraphLock lock{};
		UuidBytes const bytes = ParseUuid(id).value();
		std::copy(bytes.begin(), bytes.end(), lock.pipeline.data);
		lock.change = change;
		locks.push_back(lock);
	}
	return locks;
}

void
TakeLocks(const std::vector<leaf::GraphLock> &locks)
{
	try {
		pg::Call(leaf::LockGraph, static_cast<const leaf::GraphLock *>(locks.data()), static_cast<int>(locks.size()));
	} catch (const Error &error) {
		if (error.State() != sqlstate::kLockNotAvailable) {
			throw;
		}
		throw Error(sqlstate::kLockNotAvailable,
					"another transaction changes or needs the dependencies of these pipelines, and is not over",
					"Try again when it has ended; pg_locks and pg_stat_activity show whose it is.");
	}
}

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
LockGraphForChange(const std::optional<std::string> &own, const std::function<std::vector<std::string>()> &targets)
{
	std::map<std::string, bool> held; // by id; true: own
	std::vector<leaf::GraphLock> locks;
	for (;;) {
		std::map<std::string, bool> wanted;
		for (const std::string &id : targets()) {
			wanted[id] = false;
		}
		if (own) {
			for (const std::string &id : IdsNeededBy(wanted)) {
				wanted[id] = false;
			}
			wanted[*own] = true;
		}
		bool const covered = std::all_of(wanted.begin(), wanted.end(), [&held](const auto &lock) {
			auto const found = held.find(lock.first);
			return found != held.end() && found->second == lock.second;
		});
		if (covered) {
			return;
		}
		pg::Call(leaf::UnlockGraph, static_cast<const leaf::GraphLock *>(locks.data()), static_cast<int>(locks.size()));
		locks = LocksOf(wanted);
		TakeLocks(locks);
		held = std::move(wanted);
	}
}

void
LockGraphForDrop(const std::string &own)
{
	TakeLocks(LocksOf({{own, true}}));
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

std::map<std::string, std::string>
LabelsOf(const std::vector<std::string> &ids, Oid role)
{
	std::map<std::string, std::string> labels;
	if (ids.empty()) {
		return labels;
	}
	pg::SqlResult const rows =
		Execute("SELECT d.id, " SLUICE_LABEL " FROM sluice.pipeline_definitions d WHERE d.id = ANY ($1::uuid[])",
				{PlainArray(ids), Number(role)});
	for (size_t row = 0; row < rows.Rows(); ++row) {
		labels[rows.Text(row, 0)] = rows.Text(row, 1);
	}
	return labels;
}

std::vector<std::string>
FallbackUsersOf(const std::string &id, Oid role)
{
	return Labels(Execute("SELECT " SLUICE_LABEL " FROM sluice.pipeline_definitions d "
						  "WHERE d.on_failure = $1::uuid ORDER BY 1",
						  {id, Number(role)}, Reading::Latest));
}

} // namespace sluice::catalog
