-- What people read. A view runs with the rights of who asks, so row-level security decides. pipeline_status and recent_runs
-- also show pg_monitor what becomes of everybody's runs; they hide the details, which may hold data, themselves.

CREATE FUNCTION sluice.error_text(message text, detail text, context text) RETURNS text
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN message || COALESCE(E'\nDETAIL:  ' || detail, '') || COALESCE(E'\nCONTEXT:  ' || context, '');
COMMENT ON FUNCTION sluice.error_text(text, text, text) IS 'internal: an error as psql shows it';

CREATE VIEW @extschema@.pipelines WITH (security_invoker = true) AS
SELECT d.id, d.name, d.description, d.tags, COALESCE(a.rolname, d.owner) AS owner,
	d.source, d.source_table, d.source_query, d.destination, d.destination_table,
	d.mode, d.load, d.key_columns, d.cursor_column, d.columns, d.filter,
	d.schedule, d.timezone, d.depends_on, d.options, d.status, d.version,
	d.created_by, d.created_at, d.updated_at, s.last_run_at,
	d.paused_at IS NOT NULL AS paused, d.paused_at, d.paused_by, d.paused_reason, d.search_path,
	ARRAY(SELECT COALESCE(CASE WHEN p.owner_oid <> d.owner_oid THEN p.owner || '/' ELSE '' END || p.name, n.id::text)
		FROM unnest(d.depends_on) WITH ORDINALITY n (id, position)
		LEFT JOIN sluice.pipeline_definitions p ON p.id = n.id ORDER BY n.position) AS depends_on_names,
	d.on_failure,
	CASE WHEN d.on_failure IS NOT NULL THEN COALESCE((
		SELECT CASE WHEN p.owner_oid <> d.owner_oid THEN p.owner || '/' ELSE '' END || p.name
		FROM sluice.pipeline_definitions p WHERE p.id = d.on_failure), d.on_failure::text) END AS on_failure_name,
	d.load_chosen,
	s.watermark, d.command
FROM sluice.pipeline_definitions d
LEFT JOIN pg_catalog.pg_roles a ON a.oid = d.owner_oid
LEFT JOIN sluice.pipeline_state s ON s.pipeline_id = d.id;
COMMENT ON VIEW @extschema@.pipelines IS 'The pipelines of the roles that you are a member of, as they were defined';
COMMENT ON COLUMN @extschema@.pipelines.id IS 'names it in every function, as its name does; stays when it is renamed';
COMMENT ON COLUMN @extschema@.pipelines.name IS 'unique among the owner''s pipelines';
COMMENT ON COLUMN @extschema@.pipelines.description IS 'for people';
COMMENT ON COLUMN @extschema@.pipelines.tags IS 'for people';
COMMENT ON COLUMN @extschema@.pipelines.owner IS 'the role as which it runs';
COMMENT ON COLUMN @extschema@.pipelines.source IS 'foreign server; NULL: this database';
COMMENT ON COLUMN @extschema@.pipelines.source_table IS 'relation at the source; one of this and source_query is set, unless it is a command';
COMMENT ON COLUMN @extschema@.pipelines.source_query IS 'SELECT that the source runs; without a source, this database';
COMMENT ON COLUMN @extschema@.pipelines.destination IS 'foreign server; NULL: this database';
COMMENT ON COLUMN @extschema@.pipelines.destination_table IS 'relation that the rows enter; the first run creates it if it does not exist';
COMMENT ON COLUMN @extschema@.pipelines.mode IS 'batch; realtime is not supported yet';
COMMENT ON COLUMN @extschema@.pipelines.load IS 'how rows enter the destination: append, replace or merge';
COMMENT ON COLUMN @extschema@.pipelines.key_columns IS 'columns of the destination that say which row is meant, of a merge';
COMMENT ON COLUMN @extschema@.pipelines.cursor_column IS 'column of the source that tells what is new: a run reads from the greatest value that is loaded on; NULL: it reads everything';
COMMENT ON COLUMN @extschema@.pipelines.columns IS 'SQL select list over the source''s columns; NULL: all as they are';
COMMENT ON COLUMN @extschema@.pipelines.filter IS 'SQL condition over the source''s columns; NULL: all rows';
COMMENT ON COLUMN @extschema@.pipelines.schedule IS 'cron of five fields, or six with the second first; a macro such as @daily; or an interval such as every 15 minutes. describe_schedule tells it in words. NULL: only by hand, or after depends_on';
COMMENT ON COLUMN @extschema@.pipelines.timezone IS 'time zone of the schedule and of the run''s session';
COMMENT ON COLUMN @extschema@.pipelines.depends_on IS 'ids of the pipelines that run before it';
COMMENT ON COLUMN @extschema@.pipelines.options IS 'those that were set; the view pipeline_options lists all';
COMMENT ON COLUMN @extschema@.pipelines.status IS 'active, or inactive: may be incomplete, never starts';
COMMENT ON COLUMN @extschema@.pipelines.version IS 'counts the changes; pipeline_versions holds them all';
COMMENT ON COLUMN @extschema@.pipelines.created_by IS 'who called create_pipeline';
COMMENT ON COLUMN @extschema@.pipelines.created_at IS 'when it was created';
COMMENT ON COLUMN @extschema@.pipelines.updated_at IS 'when its definition changed last';
COMMENT ON COLUMN @extschema@.pipelines.last_run_at IS 'when the latest of its runs that had started was over; NULL: none yet';
COMMENT ON COLUMN @extschema@.pipelines.paused IS 'nothing starts until resume_pipeline';
COMMENT ON COLUMN @extschema@.pipelines.paused_at IS 'since when; NULL: it is not paused';
COMMENT ON COLUMN @extschema@.pipelines.paused_by IS 'who paused it';
COMMENT ON COLUMN @extschema@.pipelines.paused_reason IS 'why, as pause_pipeline was told, or the error after which pause_after_failures paused it';
COMMENT ON COLUMN @extschema@.pipelines.search_path IS 'in which the SQL of this pipeline runs';
COMMENT ON COLUMN @extschema@.pipelines.depends_on_names IS 'the same as names: owner/name where the owner is another one, the id where you may not see it';
COMMENT ON COLUMN @extschema@.pipelines.on_failure IS 'id of the pipeline that stands in when a run of this one has failed for good';
COMMENT ON COLUMN @extschema@.pipelines.on_failure_name IS 'the same as a name, written as in depends_on_names';
COMMENT ON COLUMN @extschema@.pipelines.command IS 'SQL statements that a run executes here as the owner, in place of a load';
COMMENT ON COLUMN @extschema@.pipelines.load_chosen IS 'false: create_pipeline chose replace, which then replaces only a table that this pipeline created';
COMMENT ON COLUMN @extschema@.pipelines.watermark IS 'the greatest value of cursor_column that is loaded; NULL: the next run reads everything';

CREATE VIEW @extschema@.pipeline_status WITH (security_barrier = true) AS
SELECT d.id, d.name, COALESCE(a.rolname, d.owner) AS owner,
	CASE
		WHEN active.status = 'running' THEN 'running'
		WHEN active.status = 'pending' AND outage.waits_until IS NOT NULL THEN 'waiting'
		WHEN active.status = 'pending' AND active.cause = 'retry' THEN 'retrying'
		WHEN active.status = 'pending' THEN 'queued'
		WHEN i.identity IS NULL THEN 'parked'
		WHEN d.status = 'inactive' THEN 'inactive'
		WHEN d.paused_at IS NOT NULL THEN 'paused'
		WHEN node.batch IS NOT NULL THEN 'waiting'
		WHEN passed_over.id IS NOT NULL THEN 'skipped'
		WHEN last.status = 'failed' THEN 'failed'
		ELSE 'idle'
	END AS state,
	CASE
		WHEN active.status = 'pending' AND outage.waits_until IS NOT NULL THEN
			'data source "' || d.source || '" could not be reached ' || outage.failures_in_a_row || ' times in a row'
		WHEN active.status IS NOT NULL THEN active.reason
		WHEN i.identity IS NULL THEN 'this database is a copy of the one in which it was defined; adopt_pipelines() lets it run here'
		WHEN d.status = 'inactive' THEN NULL
		WHEN d.paused_at IS NOT NULL THEN COALESCE(d.paused_reason, 'paused by ' || d.paused_by)
		WHEN node.batch IS NOT NULL THEN 'waits for ' || COALESCE((
			SELECT string_agg(p.pipeline_name, ', ' ORDER BY p.pipeline_name) FROM sluice.pipeline_batch_nodes p
			WHERE p.batch = node.batch AND p.pipeline_id = ANY (node.parents) AND p.state <> 'done'
				AND (asker.monitors OR pg_catalog.pg_has_role(p.owner_oid, 'USAGE'))), 'pipelines of another role')
		WHEN passed_over.id IS NOT NULL THEN passed_over.reason
		WHEN last.unknown IS NOT NULL THEN last.unknown
		WHEN last.status = 'failed' THEN last.error_message
		ELSE last.reason
	END AS reason,
	last.id AS last_run, last.status AS last_run_status,
	last.start_time AS last_run_start, last.end_time AS last_run_end,
	CASE WHEN last.seen THEN sluice.error_text(last.error_message, last.error_detail, last.error_context)
		ELSE last.error_message END AS last_error,
	last.error_hint AS last_hint,
	q.next_due, CASE WHEN last.status = 'success' THEN last.records_processed END AS records_processed, COALESCE(s.failures_in_a_row, 0) AS failures_in_a_row,
	CASE WHEN active.status = 'pending' THEN GREATEST(active.due_at, outage.waits_until) END AS retry_at
FROM (SELECT (SELECT pg_catalog.pg_has_role('pg_monitor', 'USAGE')) AS monitors) asker
JOIN sluice.pipeline_definitions d ON asker.monitors OR pg_catalog.pg_has_role(d.owner_oid, 'USAGE')
LEFT JOIN pg_catalog.pg_roles a ON a.oid = d.owner_oid
LEFT JOIN sluice.pipeline_state s ON s.pipeline_id = d.id
LEFT JOIN sluice.pipeline_due q ON q.pipeline_id = d.id
LEFT JOIN sluice.pipeline_sources outage ON outage.source = d.source AND outage.owner_oid = d.owner_oid
LEFT JOIN sluice.pipeline_identity i ON i.identity = d.home
	AND d.home_database = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())
LEFT JOIN LATERAL (
	SELECT r.status, r.reason, r.cause, r.due_at FROM sluice.pipeline_runs r
	WHERE r.pipeline_id = d.id AND r.status IN ('pending', 'running')
		AND (asker.monitors OR pg_catalog.pg_has_role(r.owner_oid, 'USAGE'))
	ORDER BY r.status DESC, r.id LIMIT 1) active ON true
LEFT JOIN LATERAL (
	SELECT n.batch, n.parents FROM sluice.pipeline_batch_nodes n
	WHERE n.pipeline_id = d.id AND n.state = 'waiting'
		AND (asker.monitors OR pg_catalog.pg_has_role(n.owner_oid, 'USAGE')) ORDER BY n.batch LIMIT 1) node ON true
LEFT JOIN LATERAL (
	SELECT r.id, r.status, r.reason, r.start_time, r.end_time, r.error_message, r.error_detail, r.error_context, r.error_hint,
		r.records_processed, r.metadata ->> 'unknown' AS unknown, pg_catalog.pg_has_role(r.owner_oid, 'USAGE') AS seen
	FROM sluice.pipeline_runs r
	WHERE r.pipeline_id = d.id AND r.status IN ('running', 'success', 'failed', 'stopped')
		AND (asker.monitors OR pg_catalog.pg_has_role(r.owner_oid, 'USAGE'))
	ORDER BY r.id DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (
	SELECT r.id, r.reason FROM sluice.pipeline_runs r
	WHERE r.pipeline_id = d.id AND r.id > COALESCE(last.id, '00000000-0000-0000-0000-000000000000') AND r.status = 'skipped' AND r.cause = 'dependency'
		AND (asker.monitors OR pg_catalog.pg_has_role(r.owner_oid, 'USAGE'))
	ORDER BY r.id DESC LIMIT 1) passed_over ON true;
COMMENT ON VIEW @extschema@.pipeline_status IS
	'A row for each pipeline of the roles that you are a member of, for pg_monitor of all roles: what it does now (idle, queued, running, retrying, waiting, parked, paused, skipped, failed, inactive), how its last run ended, when it is due next';
COMMENT ON COLUMN @extschema@.pipeline_status.state IS 'idle, queued, running, retrying (a failed run is tried again), waiting (for its data source, or for pipelines that it depends on), parked (in a copy of its database), paused, skipped (when its turn in a batch came), failed (its last run did), inactive';
COMMENT ON COLUMN @extschema@.pipeline_status.reason IS 'why it is in that state';
COMMENT ON COLUMN @extschema@.pipeline_status.last_run IS 'the latest run that was started; SELECT * FROM run_log(it)';
COMMENT ON COLUMN @extschema@.pipeline_status.last_error IS 'message, detail and context, the row''s number among it, of the last run''s error; who sees it as pg_monitor only gets the message';
COMMENT ON COLUMN @extschema@.pipeline_status.retry_at IS 'when a queued run starts at the earliest: after the wait before a retry, or for its data source';
COMMENT ON COLUMN @extschema@.pipeline_status.records_processed IS 'rows that the last run loaded; NULL unless it succeeded';
COMMENT ON COLUMN @extschema@.pipeline_status.failures_in_a_row IS 'failed runs since the last success';

CREATE VIEW sluice.watched_runs WITH (security_barrier = true) AS
SELECT r.id AS run, COALESCE(d.name, r.pipeline_name) AS pipeline, r.owner, r.status, r.reason, r.cause, r.triggered_by,
	r.due_at, r.queued_at, r.start_time, r.end_time, r.duration, r.records_processed, r.error_message, r.error_hint,
	CASE WHEN pg_catalog.pg_has_role(r.owner_oid, 'USAGE')
		THEN sluice.error_text(r.error_message, r.error_detail, r.error_context) ELSE r.error_message END AS error
FROM (SELECT pg_catalog.pg_has_role('pg_monitor', 'USAGE') AS monitors) asker
JOIN sluice.pipeline_runs r ON asker.monitors OR pg_catalog.pg_has_role(r.owner_oid, 'USAGE')
LEFT JOIN sluice.pipeline_definitions d ON d.id = r.pipeline_id
	AND (asker.monitors OR pg_catalog.pg_has_role(d.owner_oid, 'USAGE'));
COMMENT ON VIEW sluice.watched_runs IS 'internal: what recent_runs() shows, to pg_monitor as well';

CREATE VIEW @extschema@.pipeline_log WITH (security_invoker = true) AS
SELECT COALESCE(d.name, r.pipeline_name) AS pipeline, l.run_id AS run, l.line, l.at, l.level, l.phase, l.message, l.data
FROM sluice.pipeline_run_log l
JOIN sluice.pipeline_runs r ON r.id = l.run_id
LEFT JOIN sluice.pipeline_definitions d ON d.id = l.pipeline_id;
COMMENT ON VIEW @extschema@.pipeline_log IS 'What runs said, line by line: narrow it by pipeline, run, at, level or phase';
COMMENT ON COLUMN @extschema@.pipeline_log.level IS 'debug, info, warning, error';

CREATE VIEW @extschema@.rejected_rows WITH (security_invoker = true) AS
SELECT r.id, d.name AS pipeline, r.run_id AS run, r.at, r.position, r.column_name, r.sqlstate, r.reason, r.detail, r.hint, r.original,
	r.escaped, r.is_cut, r.is_lost
FROM sluice.pipeline_rejected_rows r
JOIN sluice.pipeline_definitions d ON d.id = r.pipeline_id;
COMMENT ON VIEW @extschema@.rejected_rows IS 'Rows that did not fit into their destination, with the reason: of pipelines whose option on_reject is quarantine';
COMMENT ON COLUMN @extschema@.rejected_rows.position IS 'which row it was of those that the run read, from 1';
COMMENT ON COLUMN @extschema@.rejected_rows.column_name IS 'of the source where its value could not be read, else of the destination; NULL: it is the row as a whole';
COMMENT ON COLUMN @extschema@.rejected_rows.original IS 'the row as it came: the text of each of its values';
COMMENT ON COLUMN @extschema@.rejected_rows.escaped IS 'columns whose bytes are no text: there a byte is written as \xHH and a backslash as \\\\';
COMMENT ON COLUMN @extschema@.rejected_rows.is_cut IS 'it was too large to be kept whole';
COMMENT ON COLUMN @extschema@.rejected_rows.is_lost IS 'the run failed, so the row is read again by the next one';

CREATE FUNCTION @extschema@.run_progress(OUT run uuid, OUT phase text, OUT phase_since timestamptz, OUT records_read bigint,
	OUT records_processed bigint, OUT bytes_processed bigint, OUT records_expected bigint)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'sluice_run_progress';
COMMENT ON FUNCTION @extschema@.run_progress() IS
	'How far the runs of this database are that have a worker, from shared memory; read it through the view pipeline_progress';
CREATE VIEW @extschema@.pipeline_progress WITH (security_invoker = true) AS
SELECT COALESCE(d.name, r.pipeline_name) AS pipeline, r.id AS run, r.attempt, p.phase, r.start_time,
	p.records_read, p.records_processed, p.bytes_processed, rate.rows_per_second::bigint AS rate,
	CASE WHEN p.phase = 'loading' AND p.records_expected > 0
		THEN round(LEAST(100 * p.records_read / p.records_expected::numeric, 100), 1) END AS percent,
	CASE WHEN p.phase = 'loading' AND p.records_expected >= p.records_read AND rate.rows_per_second > 0
		THEN make_interval(secs => ((p.records_expected - p.records_read) / rate.rows_per_second)::double precision) END AS eta
FROM @extschema@.run_progress() p
JOIN sluice.pipeline_runs r ON r.id = p.run
LEFT JOIN sluice.pipeline_definitions d ON d.id = r.pipeline_id
LEFT JOIN LATERAL (
	SELECT p.records_read / NULLIF(extract(epoch FROM clock_timestamp() - p.phase_since), 0) AS rows_per_second
	WHERE p.phase = 'loading') rate ON true;
COMMENT ON VIEW @extschema@.pipeline_progress IS 'The runs that are under way in workers, and how far they are';
COMMENT ON COLUMN @extschema@.pipeline_progress.phase IS 'starting, preparing, checking (the destination server), connecting, waiting for lock, loading, waiting for rows, executing (statements of a command), indexing, swapping, analyzing, finishing, committing (there)';
COMMENT ON COLUMN @extschema@.pipeline_progress.records_read IS 'rows that the source has sent so far';
COMMENT ON COLUMN @extschema@.pipeline_progress.records_processed IS 'rows written to the destination so far';
COMMENT ON COLUMN @extschema@.pipeline_progress.bytes_processed IS 'bytes that the source has sent so far';
COMMENT ON COLUMN @extschema@.pipeline_progress.rate IS 'rows a second since the load began';
COMMENT ON COLUMN @extschema@.pipeline_progress.percent IS 'of the rows that the planner of the source expects; NULL: it cannot tell';
COMMENT ON COLUMN @extschema@.pipeline_progress.eta IS 'how long the load still takes at this rate';

CREATE FUNCTION @extschema@.pipeline_option_list(OUT key text, OUT type text, OUT allowed text, OUT default_value text, OUT meaning text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_pipeline_option_list';
COMMENT ON FUNCTION @extschema@.pipeline_option_list() IS 'Every key that the options of a pipeline may hold; read it through the view pipeline_options';
CREATE VIEW @extschema@.pipeline_options WITH (security_invoker = true) AS
SELECT key, type, allowed, default_value, meaning FROM @extschema@.pipeline_option_list();
COMMENT ON VIEW @extschema@.pipeline_options IS 'Every key that the options of a pipeline may hold';

GRANT SELECT ON @extschema@.pipelines, @extschema@.pipeline_status, @extschema@.pipeline_progress, @extschema@.pipeline_log, @extschema@.pipeline_options, @extschema@.rejected_rows,
	sluice.watched_runs TO PUBLIC;
