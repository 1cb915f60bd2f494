#include "catalog/chain_store.hpp"

#include "catalog/statement.hpp"

namespace sluice::catalog {

namespace {

#define SLUICE_NODE_COLUMNS                                                                                            \
	"n.batch, n.pipeline_id, n.pipeline_name, n.state, n.fallback, n.run, n.fallback_run, n.owner_oid "

ChainNode
ReadNode(const pg::SqlResult &rows, size_t row)
{
	return {rows.Text(row, 0), rows.Text(row, 1), rows.Text(row, 2), rows.Text(row, 3),
			rows.Cell(row, 4), rows.Cell(row, 5), rows.Cell(row, 6), static_cast<Oid>(rows.Integer(row, 7))};
}

bool
HasDependents(const std::string &pipeline_id)
{
	return !Execute("SELECT 1 FROM sluice.pipeline_definitions d WHERE d.depends_on @> ARRAY[$1::uuid] "
					"AND d.depends_on <> '{{}}' LIMIT 1",
					{pipeline_id})
				.Empty();
}

} // namespace

void
RecordChain(const Pipeline &pipeline, const std::string &root_run, bool dependents)
{
	bool const followed = dependents && HasDependents(pipeline.id);
	if (!followed && !pipeline.on_failure) {
		return;
	}
	// Each pipeline is fetched by its id: any other join reads all there are, because nobody can tell beforehand how
	// many follow.
	Execute(
		"WITH RECURSIVE below (id) AS (SELECT $1::uuid UNION SELECT d.id FROM below b "
		"JOIN sluice.pipeline_definitions d ON $3::boolean AND d.depends_on @> ARRAY[b.id] AND d.depends_on <> '{{}}') "
		"INSERT INTO sluice.pipeline_batch_nodes (batch, pipeline_id, pipeline_name, owner_oid, parents, rule, "
		"fallback, context, state, run) SELECT $2::uuid, d.id, d.name, d.owner_oid, CASE WHEN d.id = $1::uuid THEN "
		"'{{}}' ELSE ARRAY(SELECT p.id FROM unnest(d.depends_on) WITH ORDINALITY p (id, place) WHERE p.id IN (SELECT "
		"id FROM below) ORDER BY p.place) END, "
		"COALESCE(d.options ->> 'depends_rule', 'all_success'), d.on_failure, "
		"CASE WHEN d.id = $1::uuid THEN (SELECT r.context FROM sluice.pipeline_runs r WHERE r.id = $2::uuid) END, "
		"CASE WHEN d.id = $1::uuid THEN 'queued' ELSE 'waiting' END, "
		"CASE WHEN d.id = $1::uuid THEN $2::uuid END "
		"FROM below b CROSS JOIN LATERAL (SELECT * FROM sluice.pipeline_definitions p WHERE p.id = b.id OFFSET 0) d",
		{pipeline.id, root_run, followed ? "true" : "false"});
}

void
ForgetChains(const std::string &pipeline_id)
{
	Execute("DELETE FROM sluice.pipeline_batch_nodes n WHERE n.batch IN (SELECT r.id FROM sluice.pipeline_runs r "
			"WHERE r.pipeline_id = $1::uuid AND r.batch = r.id) AND NOT EXISTS (SELECT FROM "
			"sluice.pipeline_batch_nodes o WHERE o.batch = n.batch AND o.state <> 'done')",
			{pipeline_id});
}

void
ForgetChain(const std::string &root_run)
{
	Execute("DELETE FROM sluice.pipeline_batch_nodes WHERE batch = $1::uuid", {root_run});
}

std::optional<ChainNode>
FindNode(const std::string &batch, const std::string &pipeline_id, const std::string &root_run)
{
	// Its own first: a fallback may also be a pipeline of the batch. One probe, however many pipelines there are.
	pg::SqlResult const own =
		Execute("SELECT " SLUICE_NODE_COLUMNS "FROM sluice.pipeline_batch_nodes n WHERE n.batch = $1::uuid "
				"AND n.pipeline_id = $2::uuid AND n.run = $3::uuid",
				{batch, pipeline_id, root_run});
	if (!own.Empty()) {
		return ReadNode(own, 0);
	}
	pg::SqlResult const rows = Execute(
		"SELECT " SLUICE_NODE_COLUMNS "FROM sluice.pipeline_batch_nodes n WHERE n.batch = $1::uuid AND "
		"(n.fallback_run = $3::uuid OR (n.pipeline_id = $2::uuid AND n.state = 'queued' "
		"AND n.fallback_run IS NULL AND NOT EXISTS (SELECT FROM sluice.pipeline_runs r WHERE r.id = $3::uuid))) "
		"ORDER BY n.fallback_run = $3::uuid DESC NULLS LAST LIMIT 1",
		{batch, pipeline_id, root_run});
	return rows.Empty() ? std::nullopt : std::optional<ChainNode>(ReadNode(rows, 0));
}

void
MarkQueued(const ChainNode &node, const std::string &run)
{
	// Seen by whoever sees that run: its pipeline may have got another owner since the batch began.
	Execute("UPDATE sluice.pipeline_batch_nodes SET state = 'queued', run = $3::uuid, "
			"owner_oid = (SELECT r.owner_oid FROM sluice.pipeline_runs r WHERE r.id = $3::uuid) "
			"WHERE batch = $1::uuid AND pipeline_id = $2::uuid",
			{node.batch, node.pipeline_id, run});
}

void
MarkFallback(const ChainNode &node, const std::string &run)
{
	Execute("UPDATE sluice.pipeline_batch_nodes SET fallback_run = $3::uuid WHERE batch = $1::uuid "
			"AND pipeline_id = $2::uuid",
			{node.batch, node.pipeline_id, run});
}

void
MarkDone(const ChainNode &node, std::string_view outcome, const std::optional<std::string> &reason)
{
	Execute("UPDATE sluice.pipeline_batch_nodes SET state = 'done', outcome = $3, reason = $4, "
			"followed = '00000000-0000-0000-0000-000000000000' WHERE batch = $1::uuid AND pipeline_id = $2::uuid",
			{node.batch, node.pipeline_id, std::string(outcome), CutIfSet(reason)});
}

void
Reopen(const ChainNode &node, bool with_fallback)
{
	Execute("WITH RECURSIVE skipped (id) AS (SELECT $2::uuid UNION SELECT n.pipeline_id FROM skipped s "
			"JOIN sluice.pipeline_batch_nodes n ON n.batch = $1::uuid AND n.outcome = 'skipped' AND s.id = ANY "
			"(n.parents)) "
			"UPDATE sluice.pipeline_batch_nodes n SET outcome = NULL, reason = NULL, "
			"state = CASE WHEN n.pipeline_id = $2::uuid THEN 'queued' ELSE 'waiting' END, "
			"run = CASE WHEN n.pipeline_id = $2::uuid THEN n.run END, "
			"fallback_run = CASE WHEN n.pipeline_id = $2::uuid AND $3::boolean THEN n.fallback_run END "
			"FROM skipped s WHERE n.batch = $1::uuid AND n.pipeline_id = s.id",
			{node.batch, node.pipeline_id, with_fallback ? "true" : "false"});
}

std::optional<ChainNode>
NextToFollow(const std::string &batch)
{
	pg::SqlResult const rows =
		Execute("SELECT " SLUICE_NODE_COLUMNS "FROM sluice.pipeline_batch_nodes n WHERE n.batch = $1::uuid "
				"AND n.state = 'done' AND n.followed < 'ffffffff-ffff-ffff-ffff-ffffffffffff' ORDER BY n.pipeline_id "
				"LIMIT 1",
				{batch});
	return rows.Empty() ? std::nullopt : std::optional<ChainNode>(ReadNode(rows, 0));
}

void
MarkFollowed(const ChainNode &node, const std::optional<std::string> &to)
{
	Execute("UPDATE sluice.pipeline_batch_nodes SET followed = COALESCE($3::uuid, "
			"'ffffffff-ffff-ffff-ffff-ffffffffffff') WHERE batch = $1::uuid AND pipeline_id = $2::uuid",
			{node.batch, node.pipeline_id, to});
}

std::vector<WaitingNode>
WaitingFor(const ChainNode &parent, int most)
{
	pg::SqlResult const rows = Execute(
		"SELECT " SLUICE_NODE_COLUMNS ", n.rule, p.total, p.over, p.succeeded, p.complaint "
		"FROM sluice.pipeline_batch_nodes n, LATERAL (SELECT count(*) AS total, "
		"count(*) FILTER (WHERE q.state = 'done') AS over, "
		"count(*) FILTER (WHERE q.outcome IN ('success', 'success by fallback')) AS succeeded, "
		"string_agg(CASE WHEN pg_has_role(COALESCE((SELECT d.owner_oid FROM sluice.pipeline_definitions d WHERE d.id = "
		"n.pipeline_id), n.owner_oid), q.owner_oid, 'USAGE') THEN '\"' || q.pipeline_name || '\"' ELSE 'pipeline ' || "
		"q.pipeline_id || ' of another role' END || CASE q.outcome WHEN 'failed' THEN ' failed' ELSE ' was ' || "
		"q.outcome END, ', ' ORDER BY q.pipeline_name) FILTER (WHERE q.outcome IN ('failed', 'stopped', 'skipped')) "
		"AS complaint FROM unnest(n.parents) u (id) JOIN sluice.pipeline_batch_nodes q ON q.batch = n.batch "
		"AND q.pipeline_id = u.id) p "
		"WHERE n.batch = $1::uuid AND n.state || '' = 'waiting' AND n.parents @> ARRAY[$2::uuid] AND n.pipeline_id > "
		"(SELECT f.followed FROM sluice.pipeline_batch_nodes f WHERE f.batch = $1::uuid AND f.pipeline_id = $2::uuid) "
		"ORDER BY n.pipeline_id LIMIT $3::bigint",
		{parent.batch, parent.pipeline_id, Number(most)});
	std::vector<WaitingNode> waiting;
	for (size_t row = 0; row < rows.Rows(); ++row) {
		WaitingNode node;
		node.node = ReadNode(rows, row);
		node.rule = DependsRuleOf(rows.Text(row, 8));
		node.parents = {static_cast<int>(rows.Integer(row, 9)), static_cast<int>(rows.Integer(row, 10)),
						static_cast<int>(rows.Integer(row, 11))};
		node.complaint = rows.Text(row, 12);
		waiting.push_back(std::move(node));
	}
	return waiting;
}

bool
AllDone(const std::string &batch)
{
	return Execute("SELECT 1 FROM sluice.pipeline_batch_nodes WHERE batch = $1::uuid AND state <> 'done' LIMIT 1",
				   {batch}, Reading::Latest)
		.Empty();
}

} // namespace sluice::catalog
