\echo Use "CREATE EXTENSION pg_sluice" to load this file. \quit
-- Tables. Only C code in src/catalog writes them; roles have SELECT, filtered by row-level security.

CREATE TABLE pipeline_definitions (
	id uuid PRIMARY KEY,
	name text NOT NULL,
	description text,
	tags text[] NOT NULL DEFAULT '{}',
	owner name NOT NULL,
	owner_oid oid NOT NULL,
	source name,
	source_table text,
	source_query text,
	destination name,
	destination_table text,
	mode text NOT NULL DEFAULT 'batch' CHECK (mode IN ('batch', 'realtime')),
	load text CHECK (load IN ('append', 'replace', 'merge', 'mirror', 'history')),
	key_columns text[],
	cursor_column text,
	columns text,
	filter text,
	schedule text,
	timezone text NOT NULL,
	depends_on uuid[] NOT NULL DEFAULT '{}',
	on_failure uuid,
	options jsonb NOT NULL DEFAULT '{}',
	status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
	search_path text NOT NULL,
	version int NOT NULL DEFAULT 1,
	paused_at timestamptz,
	paused_by name,
	paused_reason text,
	created_by name NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	home uuid,
	home_database oid
);
COMMENT ON TABLE pipeline_definitions IS 'What each pipeline is; read it through the view pipelines';
CREATE INDEX pipeline_definitions_by_name ON pipeline_definitions (name);
-- What depends on a pipeline, and whose fallback it is.
CREATE INDEX pipeline_definitions_by_parent ON pipeline_definitions USING gin (depends_on) WITH (fastupdate = off)
	WHERE depends_on <> '{}';
CREATE INDEX pipeline_definitions_by_fallback ON pipeline_definitions (on_failure) WHERE on_failure IS NOT NULL;
-- 0: restored from a dump into a cluster that lacks the role; several such owners may share a name.
CREATE UNIQUE INDEX pipeline_definitions_one_name_per_owner ON pipeline_definitions (owner_oid, name)
	WHERE owner_oid <> 0;
-- Its first and its last entry tell whether all pipelines are at home.
CREATE INDEX pipeline_definitions_by_home ON pipeline_definitions (home_database, home);

-- Which database this is. Never dumped, so a restored copy has another identity than its pipelines; a copy by
-- CREATE DATABASE ... TEMPLATE has another OID. pg_upgrade carries both over.
CREATE TABLE pipeline_identity (
	identity uuid NOT NULL,
	database_oid oid NOT NULL,
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE pipeline_identity IS
	'Which database this is: a pipeline with another home is parked until adopt_pipelines(); never dumped';
INSERT INTO pipeline_identity
SELECT pg_catalog.gen_random_uuid(), oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database();

-- The scheduler's queue. A row of its own, so that a run's end never waits for the scheduler or the reverse.
CREATE TABLE pipeline_due (
	pipeline_id uuid PRIMARY KEY,
	next_due timestamptz
) WITH (fillfactor = 70);
COMMENT ON TABLE pipeline_due IS 'When each scheduled pipeline is due next';
CREATE INDEX pipeline_due_queue ON pipeline_due (next_due) WHERE next_due IS NOT NULL;

CREATE TABLE pipeline_state (
	pipeline_id uuid PRIMARY KEY,
	last_run_at timestamptz,
	last_success_at timestamptz,
	failures_in_a_row int NOT NULL DEFAULT 0,
	created_relation oid
) WITH (fillfactor = 70);
COMMENT ON TABLE pipeline_state IS 'What the last runs of each pipeline left behind';

CREATE TABLE pipeline_versions (
	pipeline_id uuid NOT NULL,
	version int NOT NULL,
	owner name NOT NULL,
	owner_oid oid NOT NULL,
	definition jsonb NOT NULL,
	created_at timestamptz NOT NULL,
	created_by name NOT NULL,
	PRIMARY KEY (pipeline_id, version)
);
COMMENT ON TABLE pipeline_versions IS 'Every definition that a pipeline has had';

CREATE TABLE pipeline_runs (
	id uuid PRIMARY KEY,
	pipeline_id uuid NOT NULL,
	pipeline_name text NOT NULL,
	pipeline_version int NOT NULL,
	owner name NOT NULL,
	owner_oid oid NOT NULL,
	root_run uuid NOT NULL,
	batch uuid NOT NULL,
	status text NOT NULL CHECK (status IN ('pending', 'running', 'success', 'failed', 'stopped', 'skipped')),
	reason text,
	cause text NOT NULL CHECK (cause IN ('manual', 'schedule', 'retry', 'dependency', 'fallback')),
	if_running text NOT NULL DEFAULT 'queue' CHECK (if_running IN ('error', 'skip', 'queue')),
	triggered_by name,
	context jsonb NOT NULL DEFAULT '{}',
	metadata jsonb NOT NULL DEFAULT '{}',
	attempt int NOT NULL DEFAULT 1,
	due_at timestamptz,
	queued_at timestamptz NOT NULL,
	start_time timestamptz,
	end_time timestamptz,
	duration interval GENERATED ALWAYS AS (end_time - start_time) STORED,
	phase text,
	records_read bigint NOT NULL DEFAULT 0,
	records_processed bigint NOT NULL DEFAULT 0,
	records_failed bigint NOT NULL DEFAULT 0,
	bytes_processed bigint NOT NULL DEFAULT 0,
	batches bigint NOT NULL DEFAULT 0,
	watermark_before text,
	watermark_after text,
	error_message text,
	error_sqlstate text,
	error_detail text,
	error_hint text,
	error_context text,
	error_phase text,
	log text,
	source name,
	priority int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
COMMENT ON TABLE pipeline_runs IS 'Every run of every pipeline: one row per attempt';
CREATE INDEX pipeline_runs_by_pipeline ON pipeline_runs (pipeline_id, id DESC);
CREATE INDEX pipeline_runs_pending ON pipeline_runs (priority DESC, (COALESCE(due_at, queued_at)), id) WHERE status = 'pending';
CREATE INDEX pipeline_runs_retries ON pipeline_runs (due_at) WHERE status = 'pending' AND cause = 'retry';
CREATE INDEX pipeline_runs_active ON pipeline_runs (pipeline_id) WHERE status IN ('pending', 'running');
CREATE INDEX pipeline_runs_running ON pipeline_runs (id) WHERE status = 'running';
CREATE INDEX pipeline_runs_by_end ON pipeline_runs (end_time);
-- For the purge of old runs, which looks at either kind and leaves alone what belongs to an active one.
CREATE INDEX pipeline_runs_over ON pipeline_runs (pipeline_id, id DESC)
	WHERE status IN ('success', 'skipped', 'stopped');
CREATE INDEX pipeline_runs_failed ON pipeline_runs (pipeline_id, id DESC) WHERE status = 'failed';
CREATE INDEX pipeline_runs_active_batch ON pipeline_runs (batch) WHERE status IN ('pending', 'running');
CREATE INDEX pipeline_runs_attempts ON pipeline_runs (root_run) WHERE attempt > 1;

-- Runs whose end is written and whose consequences are not: a retry, what depends on them, a pause. The scheduler
-- takes them one by one, so two that end at the same moment never miss each other. The run's row may be gone by then.
CREATE TABLE pipeline_ended (
	run_id uuid PRIMARY KEY,
	batch uuid NOT NULL,
	pipeline_id uuid NOT NULL
);
COMMENT ON TABLE pipeline_ended IS 'Runs that have ended and whose consequences the scheduler still has to draw';
CREATE INDEX pipeline_ended_by_batch ON pipeline_ended (batch);

-- What a root run carries with it: the graph below it as it was when the run was queued. Written then, and by the
-- scheduler alone from there on.
CREATE TABLE pipeline_batch_nodes (
	batch uuid NOT NULL,
	pipeline_id uuid NOT NULL,
	pipeline_name text NOT NULL,
	owner_oid oid NOT NULL,
	parents uuid[] NOT NULL,
	rule text NOT NULL,
	fallback uuid,
	context jsonb,
	state text NOT NULL CHECK (state IN ('waiting', 'queued', 'done')),
	outcome text CHECK (outcome IN ('success', 'success by fallback', 'failed', 'stopped', 'skipped')),
	reason text,
	run uuid,
	fallback_run uuid,
	PRIMARY KEY (batch, pipeline_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE pipeline_batch_nodes IS 'The pipelines of each batch, a row each; read it through batch_nodes(run)';
COMMENT ON COLUMN pipeline_batch_nodes.batch IS 'the id of the batch''s root run';
COMMENT ON COLUMN pipeline_batch_nodes.parents IS 'the pipelines of this batch that it waits for';
COMMENT ON COLUMN pipeline_batch_nodes.context IS 'of the batch; in the root''s row';
COMMENT ON COLUMN pipeline_batch_nodes.run IS 'its first attempt';
CREATE INDEX pipeline_batch_nodes_waiting ON pipeline_batch_nodes (pipeline_id) WHERE state = 'waiting';

CREATE TABLE pipeline_sources (
	source name NOT NULL,
	owner_oid oid NOT NULL,
	failures_in_a_row int NOT NULL,
	waits_until timestamptz,
	last_failure_at timestamptz NOT NULL,
	last_error text,
	PRIMARY KEY (source, owner_oid)
) WITH (fillfactor = 70);
COMMENT ON TABLE pipeline_sources IS 'Data sources that could not be reached the last time with the user mapping of an owner: from a number of failures in a row on, that owner''s pipelines wait';
COMMENT ON COLUMN pipeline_sources.waits_until IS 'no run of this source starts before, then one tries; NULL: none waits';

CREATE TABLE pipeline_run_log (
	run_id uuid NOT NULL,
	line int NOT NULL,
	pipeline_id uuid NOT NULL,
	owner_oid oid NOT NULL,
	at timestamptz NOT NULL,
	level text NOT NULL,
	phase text,
	message text NOT NULL,
	data jsonb,
	PRIMARY KEY (run_id, line)
);
COMMENT ON TABLE pipeline_run_log IS 'What each run said; read it through the view pipeline_log';
CREATE INDEX pipeline_run_log_by_pipeline ON pipeline_run_log (pipeline_id, at DESC);

-- Where the streams of a load put rows until all of them are there. Nobody is granted anything here.
CREATE SCHEMA sluice_staging;
REVOKE ALL ON SCHEMA sluice_staging FROM PUBLIC;
COMMENT ON SCHEMA sluice_staging IS 'Tables of loads in several streams that are under way, named after their runs; seen by nobody, dropped with the run';
-- Who sees which rows. There is no policy for writing and no grant either: only functions write.

ALTER TABLE pipeline_definitions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_run_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_ended ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE pipeline_batch_nodes ENABLE ROW LEVEL SECURITY;

CREATE POLICY see ON pipeline_definitions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_identity FOR SELECT USING (true);
CREATE POLICY see ON pipeline_due FOR SELECT USING (pipeline_id IN (SELECT id FROM pipeline_definitions));
CREATE POLICY see ON pipeline_state FOR SELECT USING (pipeline_id IN (SELECT id FROM pipeline_definitions));
CREATE POLICY see ON pipeline_versions FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_runs FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_run_log FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));

CREATE POLICY see ON pipeline_ended FOR SELECT USING (run_id IN (SELECT id FROM pipeline_runs));
CREATE POLICY see ON pipeline_batch_nodes FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON pipeline_sources FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));

GRANT SELECT ON pipeline_definitions, pipeline_identity, pipeline_due, pipeline_state, pipeline_versions, pipeline_runs, pipeline_run_log,
	pipeline_ended, pipeline_sources, pipeline_batch_nodes TO PUBLIC;

-- A dump carries the definitions, never what is due or queued, nor the identity of the database: a restored copy
-- starts nothing until adopt_pipelines(). Roles have other numbers in another cluster, so each row finds its owner
-- by name; one that is not there leaves the pipeline without an owner, and so without runs.
CREATE FUNCTION pipeline_bind_owner() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_bind_owner';
COMMENT ON FUNCTION pipeline_bind_owner() IS
	'internal: sets owner_oid from the owner''s name when a dump is restored';
REVOKE EXECUTE ON FUNCTION pipeline_bind_owner() FROM PUBLIC;
CREATE TRIGGER bind_owner BEFORE INSERT ON pipeline_definitions
	FOR EACH ROW EXECUTE FUNCTION pipeline_bind_owner();
CREATE TRIGGER bind_owner BEFORE INSERT ON pipeline_versions
	FOR EACH ROW EXECUTE FUNCTION pipeline_bind_owner();
SELECT pg_catalog.pg_extension_config_dump('pipeline_definitions', '');
SELECT pg_catalog.pg_extension_config_dump('pipeline_versions', '');
-- What people read. Every view runs with the rights of who asks, so row-level security decides.

CREATE VIEW pipelines WITH (security_invoker = true) AS
SELECT d.id, d.name, d.description, d.tags, COALESCE(a.rolname, d.owner) AS owner,
	d.source, d.source_table, d.source_query, d.destination, d.destination_table,
	d.mode, d.load, d.key_columns, d.cursor_column, d.columns, d.filter,
	d.schedule, d.timezone, d.depends_on, d.options, d.status, d.version,
	d.created_by, d.created_at, d.updated_at, s.last_run_at,
	d.paused_at IS NOT NULL AS paused, d.paused_at, d.paused_by, d.paused_reason, d.search_path,
	ARRAY(SELECT COALESCE(CASE WHEN p.owner_oid <> d.owner_oid THEN p.owner || '/' ELSE '' END || p.name, n.id::text)
		FROM unnest(d.depends_on) WITH ORDINALITY n (id, position)
		LEFT JOIN pipeline_definitions p ON p.id = n.id ORDER BY n.position) AS depends_on_names,
	d.on_failure,
	CASE WHEN d.on_failure IS NOT NULL THEN COALESCE((
		SELECT CASE WHEN p.owner_oid <> d.owner_oid THEN p.owner || '/' ELSE '' END || p.name
		FROM pipeline_definitions p WHERE p.id = d.on_failure), d.on_failure::text) END AS on_failure_name
FROM pipeline_definitions d
LEFT JOIN pg_catalog.pg_roles a ON a.oid = d.owner_oid
LEFT JOIN pipeline_state s ON s.pipeline_id = d.id;
COMMENT ON VIEW pipelines IS 'The pipelines of the roles that you are a member of, as they were defined';
COMMENT ON COLUMN pipelines.source IS 'foreign server; NULL: this database';
COMMENT ON COLUMN pipelines.destination IS 'foreign server; NULL: this database';
COMMENT ON COLUMN pipelines.load IS 'how rows enter the destination: append or replace';
COMMENT ON COLUMN pipelines.columns IS 'SQL select list over the source''s columns; NULL: all as they are';
COMMENT ON COLUMN pipelines.filter IS 'SQL condition over the source''s columns; NULL: all rows';
COMMENT ON COLUMN pipelines.schedule IS 'cron: minute hour day month weekday; NULL: only by hand';
COMMENT ON COLUMN pipelines.timezone IS 'time zone of the schedule and of the run''s session';
COMMENT ON COLUMN pipelines.status IS 'active, or inactive: may be incomplete, never starts';
COMMENT ON COLUMN pipelines.version IS 'counts the changes; pipeline_versions holds them all';
COMMENT ON COLUMN pipelines.paused IS 'no scheduled start until resume_pipeline';
COMMENT ON COLUMN pipelines.depends_on IS 'ids of the pipelines that run before it';
COMMENT ON COLUMN pipelines.depends_on_names IS 'the same as names: owner/name where the owner is another one, the id where you may not see it';
COMMENT ON COLUMN pipelines.on_failure IS 'id of the pipeline that runs when a run of this one has failed for good';
COMMENT ON COLUMN pipelines.search_path IS 'in which the SQL of this pipeline runs';

CREATE VIEW pipeline_status WITH (security_invoker = true) AS
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
			SELECT string_agg(p.pipeline_name, ', ' ORDER BY p.pipeline_name) FROM pipeline_batch_nodes p
			WHERE p.batch = node.batch AND p.pipeline_id = ANY (node.parents) AND p.state <> 'done'), 'pipelines of another role')
		WHEN last.status = 'failed' THEN last.error_message
		ELSE last.reason
	END AS reason,
	last.id AS last_run, last.status AS last_run_status,
	last.start_time AS last_run_start, last.end_time AS last_run_end,
	last.error_message AS last_error, last.error_hint AS last_hint,
	q.next_due, CASE WHEN last.status = 'success' THEN last.records_processed END AS records, COALESCE(s.failures_in_a_row, 0) AS failures_in_a_row,
	CASE WHEN active.status = 'pending' THEN GREATEST(active.due_at, outage.waits_until) END AS retry_at
FROM pipeline_definitions d
LEFT JOIN pg_catalog.pg_roles a ON a.oid = d.owner_oid
LEFT JOIN pipeline_state s ON s.pipeline_id = d.id
LEFT JOIN pipeline_due q ON q.pipeline_id = d.id
LEFT JOIN pipeline_sources outage ON outage.source = d.source AND outage.owner_oid = d.owner_oid
LEFT JOIN pipeline_identity i ON i.identity = d.home
	AND d.home_database = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())
LEFT JOIN LATERAL (
	SELECT r.status, r.reason, r.cause, r.due_at FROM pipeline_runs r
	WHERE r.pipeline_id = d.id AND r.status IN ('pending', 'running')
	ORDER BY r.status DESC, r.id LIMIT 1) active ON true
LEFT JOIN LATERAL (
	SELECT n.batch, n.parents FROM pipeline_batch_nodes n
	WHERE n.pipeline_id = d.id AND n.state = 'waiting' ORDER BY n.batch LIMIT 1) node ON true
LEFT JOIN LATERAL (
	SELECT r.id, r.status, r.reason, r.start_time, r.end_time, r.error_message, r.error_hint, r.records_processed
	FROM pipeline_runs r
	WHERE r.pipeline_id = d.id AND r.status IN ('running', 'success', 'failed', 'stopped')
	ORDER BY r.id DESC LIMIT 1) last ON true;
COMMENT ON VIEW pipeline_status IS
	'A row for each pipeline: what it does now (idle, queued, running, retrying, waiting, parked, paused, failed, inactive), how its last run ended, when it is due next';
COMMENT ON COLUMN pipeline_status.state IS 'idle, queued, running, retrying (a failed run is tried again), waiting (for its data source, or for pipelines that it depends on), parked (in a copy of its database), paused, failed (its last run did), inactive';
COMMENT ON COLUMN pipeline_status.reason IS 'why it is in that state';
COMMENT ON COLUMN pipeline_status.last_run IS 'the latest run that was started; SELECT * FROM run_log(it)';
COMMENT ON COLUMN pipeline_status.retry_at IS 'when a queued run starts at the earliest: after the wait before a retry, or for its data source';
COMMENT ON COLUMN pipeline_status.records IS 'rows that the last run loaded; NULL unless it succeeded';
COMMENT ON COLUMN pipeline_status.failures_in_a_row IS 'failed runs since the last success';

CREATE VIEW pipeline_log WITH (security_invoker = true) AS
SELECT COALESCE(d.name, r.pipeline_name) AS pipeline, l.run_id AS run, l.line, l.at, l.level, l.phase, l.message, l.data
FROM pipeline_run_log l
JOIN pipeline_runs r ON r.id = l.run_id
LEFT JOIN pipeline_definitions d ON d.id = l.pipeline_id;
COMMENT ON VIEW pipeline_log IS 'What runs said, line by line: narrow it by pipeline, run, at, level or phase';
COMMENT ON COLUMN pipeline_log.level IS 'debug, info, warning, error';

CREATE FUNCTION run_progress(OUT run uuid, OUT phase text, OUT phase_since timestamptz, OUT records_read bigint,
	OUT records bigint, OUT bytes bigint, OUT records_expected bigint)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'sluice_run_progress';
COMMENT ON FUNCTION run_progress() IS
	'How far the runs of this database are that have a worker, from shared memory; read it through the view pipeline_progress';
CREATE VIEW pipeline_progress WITH (security_invoker = true) AS
SELECT COALESCE(d.name, r.pipeline_name) AS pipeline, r.id AS run, r.attempt, p.phase, r.start_time,
	p.records_read, p.records, p.bytes, rate.rows_per_second::bigint AS rate,
	CASE WHEN p.phase = 'loading' AND p.records_expected > 0
		THEN round(LEAST(100 * p.records_read / p.records_expected::numeric, 100), 1) END AS percent,
	CASE WHEN p.phase = 'loading' AND p.records_expected >= p.records_read AND rate.rows_per_second > 0
		THEN make_interval(secs => ((p.records_expected - p.records_read) / rate.rows_per_second)::double precision) END AS eta
FROM run_progress() p
JOIN pipeline_runs r ON r.id = p.run
LEFT JOIN pipeline_definitions d ON d.id = r.pipeline_id
LEFT JOIN LATERAL (
	SELECT p.records_read / NULLIF(extract(epoch FROM clock_timestamp() - p.phase_since), 0) AS rows_per_second
	WHERE p.phase = 'loading') rate ON true;
COMMENT ON VIEW pipeline_progress IS 'The runs that are under way in workers, and how far they are';
COMMENT ON COLUMN pipeline_progress.phase IS 'starting, checking (the destination server), connecting, preparing, loading, analyzing, finishing, committing (there)';
COMMENT ON COLUMN pipeline_progress.records_read IS 'rows that the source has sent so far';
COMMENT ON COLUMN pipeline_progress.records IS 'rows written to the destination so far';
COMMENT ON COLUMN pipeline_progress.bytes IS 'bytes that the source has sent so far';
COMMENT ON COLUMN pipeline_progress.rate IS 'rows a second since the load began';
COMMENT ON COLUMN pipeline_progress.percent IS 'of the rows that the planner of the source expects; NULL: it cannot tell';
COMMENT ON COLUMN pipeline_progress.eta IS 'how long the load still takes at this rate';

CREATE FUNCTION pipeline_option_list(OUT key text, OUT type text, OUT allowed text, OUT default_value text, OUT meaning text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_pipeline_option_list';
COMMENT ON FUNCTION pipeline_option_list() IS 'Every key that the options of a pipeline may hold; read it through the view pipeline_options';
CREATE VIEW pipeline_options WITH (security_invoker = true) AS
SELECT key, type, allowed, default_value, meaning FROM pipeline_option_list();
COMMENT ON VIEW pipeline_options IS 'Every key that the options of a pipeline may hold';

GRANT SELECT ON pipelines, pipeline_status, pipeline_progress, pipeline_log, pipeline_options TO PUBLIC;
-- Functions that define pipelines. Each that takes a pipeline exists for text (a name, owner/name or an
-- id) and for uuid, so that it can be applied to the rows of the view pipelines.

CREATE FUNCTION create_pipeline(
	name text,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT 'batch',
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT 'active',
	owner name DEFAULT CURRENT_USER,
	options jsonb DEFAULT '{}')
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_create_pipeline';
COMMENT ON FUNCTION create_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb) IS
'Defines a pipeline and returns its id. Connects nowhere.
name: unique among the owner''s pipelines. source: foreign server, NULL for this database. source_table or source_query: one of them. destination_table: local table, created by the first run if it does not exist.
destination: foreign server of postgres_fdw, then load must be given; NULL: this database. load: append or replace; without it replace, if the destination does not exist yet. columns: SQL select list. filter: SQL condition. schedule: cron or an interval, see describe_schedule. timezone: IANA name, default pg_sluice.timezone. depends_on: pipelines that you may use and that run before this one, which then has no schedule; the option depends_rule says how they must end. on_failure: a pipeline that runs when a run of this one has failed for good. status: active, or inactive, which may be incomplete. options: see the view pipeline_options.
Errors: 42710 the owner has a pipeline of this name, SL001 incomplete, 22023 a bad value, 42501 no right to the owner, 42704 depends_on or on_failure names no pipeline, 42P17 it would depend on itself, 0A000 not supported yet.';

CREATE FUNCTION alter_pipeline(
	pipeline text,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT NULL,
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT NULL,
	owner name DEFAULT NULL,
	options jsonb DEFAULT NULL,
	reset text[] DEFAULT NULL)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_alter_pipeline';
CREATE FUNCTION alter_pipeline(
	pipeline uuid,
	source name DEFAULT NULL,
	source_table text DEFAULT NULL,
	source_query text DEFAULT NULL,
	destination name DEFAULT NULL,
	destination_table text DEFAULT NULL,
	mode text DEFAULT NULL,
	load text DEFAULT NULL,
	key_columns text[] DEFAULT NULL,
	cursor_column text DEFAULT NULL,
	columns text DEFAULT NULL,
	filter text DEFAULT NULL,
	schedule text DEFAULT NULL,
	timezone text DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	on_failure text DEFAULT NULL,
	description text DEFAULT NULL,
	tags text[] DEFAULT NULL,
	status text DEFAULT NULL,
	owner name DEFAULT NULL,
	options jsonb DEFAULT NULL,
	reset text[] DEFAULT NULL)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_alter_pipeline_by_id';
COMMENT ON FUNCTION alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]) IS
'Changes a pipeline; a run that is under way goes on as it began. Arguments as of create_pipeline.
NULL leaves a column as it is; reset names columns to clear, or to set to their defaults. options are merged key by key, a null clears that key. Needs the right to SET ROLE to the owner, to both when the owner changes.
Errors: 42704 no such pipeline, 42501 no right, SL001 incomplete, 22023 a bad value, or a column both set and reset, 42P17 it would depend on itself.';
COMMENT ON FUNCTION alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]) IS
'Changes the pipeline with this id; see alter_pipeline(text, ...).';

CREATE FUNCTION rename_pipeline(pipeline text, new_name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_rename_pipeline';
CREATE FUNCTION rename_pipeline(pipeline uuid, new_name text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_rename_pipeline_by_id';
COMMENT ON FUNCTION rename_pipeline(text, text) IS
'Gives a pipeline another name; its id, history and schedule stay. Needs the right to SET ROLE to the owner.
Errors: 42710 the owner has a pipeline of this name, 42602 not a name for a pipeline, 42704, 42501.';
COMMENT ON FUNCTION rename_pipeline(uuid, text) IS 'Renames the pipeline with this id; see rename_pipeline(text, text).';

CREATE FUNCTION drop_pipeline(
	pipeline text,
	running text DEFAULT 'refuse',
	history text DEFAULT 'delete',
	if_exists boolean DEFAULT false)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_drop_pipeline';
CREATE FUNCTION drop_pipeline(
	pipeline uuid,
	running text DEFAULT 'refuse',
	history text DEFAULT 'delete',
	if_exists boolean DEFAULT false)
	RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_drop_pipeline_by_id';
COMMENT ON FUNCTION drop_pipeline(text, text, text, boolean) IS
'Removes a pipeline, never its destination; queued runs are skipped. Needs the right to SET ROLE to the owner.
running: what to do about a run that is under way: refuse, wait for its end, or stop it. history: delete the runs and logs, or keep them. if_exists: a NOTICE instead of an error.
Errors: 55006 a run is under way, 2BP01 other pipelines depend on it or use it as their on_failure, 42704, 42501, 22023.';
COMMENT ON FUNCTION drop_pipeline(uuid, text, text, boolean) IS
'Removes the pipeline with this id; see drop_pipeline(text, text, text, boolean).';

CREATE FUNCTION pause_pipeline(pipeline text, reason text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pause_pipeline';
CREATE FUNCTION pause_pipeline(pipeline uuid, reason text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pause_pipeline_by_id';
COMMENT ON FUNCTION pause_pipeline(text, text) IS
'Stops all starts of a pipeline until resume_pipeline. A run that is under way goes on, queued ones are skipped, due times that pass meanwhile are not made up for. reason: shown in pipeline_status. Needs the right to SET ROLE to the owner.
Errors: 42704, 42501.';
COMMENT ON FUNCTION pause_pipeline(uuid, text) IS 'Pauses the pipeline with this id; see pause_pipeline(text, text).';

CREATE FUNCTION resume_pipeline(pipeline text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_resume_pipeline';
CREATE FUNCTION resume_pipeline(pipeline uuid) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_resume_pipeline_by_id';
COMMENT ON FUNCTION resume_pipeline(text) IS
'Ends a pause: the schedule goes on with the next due time from now. Needs the right to SET ROLE to the owner.
Errors: 42704, 42501.';
COMMENT ON FUNCTION resume_pipeline(uuid) IS 'Resumes the pipeline with this id; see resume_pipeline(text).';

CREATE FUNCTION adopt_pipelines() RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_adopt_pipelines';
COMMENT ON FUNCTION adopt_pipelines() IS
'Lets the parked pipelines of this database run here, and returns how many they were. Pipelines are parked in a restored dump and in a database made from a template, so that a copy does not do the work of the original. Schedules go on with their next due time from now; runs that were queued when the database was copied are skipped.
Needs to be the owner of the database. Errors: 42501.';
-- Functions that start, await and stop runs.

CREATE FUNCTION trigger_pipeline(
	pipeline text,
	context jsonb DEFAULT '{}',
	if_running text DEFAULT 'error',
	dependents boolean DEFAULT NULL)
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_trigger_pipeline';
CREATE FUNCTION trigger_pipeline(
	pipeline uuid,
	context jsonb DEFAULT '{}',
	if_running text DEFAULT 'error',
	dependents boolean DEFAULT NULL)
	RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_trigger_pipeline_by_id';
COMMENT ON FUNCTION trigger_pipeline(text, jsonb, text, boolean) IS
'Queues a run and returns its id; a worker starts it as soon as this transaction commits, and not at all if it rolls back.
context: JSON object that run_context() shows inside the run. if_running: error, skip (a run with status skipped is recorded) or queue (wait for its turn) when a run of this pipeline is queued or running. dependents: whether the pipelines that depend on this one follow; NULL: they do, unless this one depends on others itself.
Needs the rights of the owner. Errors: 55006 a run is in the way, SL002 paused, SL008 parked, SL003 not preloaded, 55000 inactive or switched off, 42704, 22023.';
COMMENT ON FUNCTION trigger_pipeline(uuid, jsonb, text, boolean) IS
'Queues a run of the pipeline with this id; see trigger_pipeline(text, jsonb, text, boolean).';

CREATE PROCEDURE trigger_and_wait(
	pipeline text,
	context jsonb DEFAULT '{}',
	timeout interval DEFAULT NULL,
	INOUT run uuid DEFAULT NULL,
	INOUT status text DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_trigger_and_wait';
CREATE PROCEDURE trigger_and_wait(
	pipeline uuid,
	context jsonb DEFAULT '{}',
	timeout interval DEFAULT NULL,
	INOUT run uuid DEFAULT NULL,
	INOUT status text DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_trigger_and_wait_by_id';
COMMENT ON PROCEDURE trigger_and_wait(text, jsonb, interval, uuid, text) IS
'Triggers a pipeline, commits, and waits for the end of the run: status is success, failed, stopped or skipped, and NULL when the timeout came first (NULL: none). Holds no lock and no snapshot while it waits.
Errors: 25001 inside a transaction block or function, and those of trigger_pipeline.';
COMMENT ON PROCEDURE trigger_and_wait(uuid, jsonb, interval, uuid, text) IS
'Triggers the pipeline with this id and waits; see trigger_and_wait(text, jsonb, interval, uuid, text).';

CREATE FUNCTION wait_for_run(run uuid, timeout interval DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_run';
COMMENT ON FUNCTION wait_for_run(uuid, interval) IS
'Waits for the end of a run and returns its status (of the last attempt): success, failed, stopped or skipped; NULL when the timeout came first (NULL: none).
Errors: 42704 no such run, 55000 triggered by this very transaction, SL003 no worker can ever make it.';

CREATE PROCEDURE run_pipeline(pipeline text, context jsonb DEFAULT '{}', INOUT run uuid DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipeline';
CREATE PROCEDURE run_pipeline(pipeline uuid, context jsonb DEFAULT '{}', INOUT run uuid DEFAULT NULL)
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_run_pipeline_by_id';
COMMENT ON PROCEDURE run_pipeline(text, jsonb, uuid) IS
'Runs a pipeline here and now, in this session and transaction, without a worker; its row and its rows live and die with the transaction. context: as of trigger_pipeline.
Errors: 42501 unless session and current user are the owner, 55006 a run is in the way, SL002 paused, SL008 parked, 55000 inactive or switched off, and those of the run.';
COMMENT ON PROCEDURE run_pipeline(uuid, jsonb, uuid) IS
'Runs the pipeline with this id here and now; see run_pipeline(text, jsonb, uuid).';

CREATE FUNCTION run_context() RETURNS jsonb
	LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'sluice_run_context';
COMMENT ON FUNCTION run_context() IS
'The context of the run that this session is making, as it was given to trigger_pipeline or run_pipeline; {} outside a run. For columns, filter and source_query.';

CREATE FUNCTION stop_pipeline(pipeline text) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_pipeline';
CREATE FUNCTION stop_pipeline(pipeline uuid) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_pipeline_by_id';
COMMENT ON FUNCTION stop_pipeline(text) IS
'Stops the running and the queued runs of a pipeline, at once, like pg_cancel_backend: a rollback does not undo it. Returns whether there was anything to stop. Needs the rights of the owner.
Errors: 42704, SL003.';
COMMENT ON FUNCTION stop_pipeline(uuid) IS 'Stops the runs of the pipeline with this id; see stop_pipeline(text).';
CREATE FUNCTION stop_run(run uuid) RETURNS boolean
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_stop_run';
COMMENT ON FUNCTION stop_run(uuid) IS
'Stops one run, queued or running, at once, like pg_cancel_backend: a rollback does not undo it. Returns false when it was over already. Needs the rights of the owner.
Errors: 42704 no such run, SL003.';
-- Functions for runs that follow each other.

CREATE FUNCTION retry_run(run uuid) RETURNS uuid
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_retry_run';
COMMENT ON FUNCTION retry_run(uuid) IS
'Queues another attempt of a run that failed or was stopped, or makes one that waits for a retry due now; returns the attempt''s id. Its batch goes on from there: what was skipped because of it waits again, what succeeded is not repeated. Any attempt of the run may be given. Needs the rights of the owner.
Errors: 55000 the run succeeded, was skipped, or is not over, or its pipeline is inactive or runs are switched off, SL002 paused, SL003 not preloaded, 42704 no such run.';

CREATE FUNCTION batch_status(run uuid, OUT batch uuid, OUT status text, OUT completed integer, OUT total integer,
	OUT current text[], OUT failed text[], OUT started_at timestamptz, OUT ended_at timestamptz,
	OUT estimated_completion timestamptz)
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_batch_status';
COMMENT ON FUNCTION batch_status(uuid) IS
'How far a batch is: a root run and the runs of all pipelines that depend on it. run: any run of the batch.
status: running, or how it ended: success, success by fallback, failed, stopped, skipped (nothing failed, but not everything ran). completed, total: pipelines. current, failed: names of those that are queued or running, and of those that failed, as far as you may see them. estimated_completion: from the median duration of the last successful runs, along the longest path; NULL when a pipeline that is still to run never succeeded.
Errors: 42704 no such run.';

CREATE FUNCTION batch_nodes(run uuid, OUT pipeline text, OUT pipeline_id uuid, OUT state text, OUT reason text, OUT depends_on text[],
	OUT rule text, OUT run_id uuid, OUT fallback_run uuid, OUT start_time timestamptz, OUT end_time timestamptz)
	RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_batch_nodes';
COMMENT ON FUNCTION batch_nodes(uuid) IS
'The pipelines of a batch that you may see, in the order in which they run. run: any run of the batch.
state: waiting, queued, running, retrying, or how it ended: success, success by fallback, failed, stopped, skipped. depends_on: pipelines of this batch. run_id, start_time, end_time: of its last attempt.
Errors: 42704 no such run.';

CREATE FUNCTION wait_for_batch(run uuid, timeout interval DEFAULT NULL) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_wait_for_batch';
COMMENT ON FUNCTION wait_for_batch(uuid, interval) IS
'Waits for the end of a batch and returns how it ended, as batch_status does; NULL when the timeout came first (NULL: none). run: any run of the batch.
Errors: 42704 no such run, 55000 triggered by this very transaction, SL003 no worker can ever make it.';
-- Functions that show.

CREATE FUNCTION list_pipelines() RETURNS SETOF pipeline_status
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT * FROM pipeline_status ORDER BY name, owner;
END;
COMMENT ON FUNCTION list_pipelines() IS 'The rows of pipeline_status, by name';

CREATE FUNCTION get_pipeline(pipeline text) RETURNS jsonb
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_get_pipeline';
CREATE FUNCTION get_pipeline(pipeline uuid) RETURNS jsonb
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_get_pipeline_by_id';
COMMENT ON FUNCTION get_pipeline(text) IS
'All about one pipeline: {"definition", "state", "runs": the last ten}. Errors: 42704.';
COMMENT ON FUNCTION get_pipeline(uuid) IS 'All about the pipeline with this id; see get_pipeline(text).';

CREATE FUNCTION recent_runs(days integer DEFAULT 2)
	RETURNS TABLE (run uuid, pipeline text, owner name, status text, reason text, cause text, triggered_by name,
		due_at timestamptz, queued_at timestamptz, start_time timestamptz, end_time timestamptz, duration interval,
		records bigint, error_message text, error_hint text)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT r.id, COALESCE(d.name, r.pipeline_name), r.owner, r.status, r.reason, r.cause, r.triggered_by,
		r.due_at, r.queued_at, r.start_time, r.end_time, r.duration,
		r.records_processed, r.error_message, r.error_hint
	FROM pipeline_runs r
	LEFT JOIN pipeline_definitions d ON d.id = r.pipeline_id
	WHERE r.queued_at >= pg_catalog.now() - pg_catalog.make_interval(days => days)
	ORDER BY r.id DESC;
END;
COMMENT ON FUNCTION recent_runs(integer) IS 'The runs that were queued in the last days (default 2), newest first';

CREATE FUNCTION run_log(run uuid, OUT at timestamptz, OUT level text, OUT phase text, OUT message text, OUT data jsonb)
	RETURNS SETOF record
	LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_run_log';
COMMENT ON FUNCTION run_log(uuid) IS 'What a run said, in order. Errors: 42704 no such run.';

CREATE FUNCTION pipeline_health(OUT check_name text, OUT verdict text, OUT message text, OUT hint text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_pipeline_health';
COMMENT ON FUNCTION pipeline_health() IS
'Whether runs can start here: one row for each check, verdict ok, warning or error, with what to do. Counts the pipelines that you may see.';

CREATE FUNCTION explain_pipeline(pipeline text) RETURNS SETOF text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_explain_pipeline';
CREATE FUNCTION explain_pipeline(pipeline uuid) RETURNS SETOF text
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_explain_pipeline_by_id';
COMMENT ON FUNCTION explain_pipeline(text) IS
'What a run would do: what it asks the source, which path the rows take and why, the DDL it would run. Connects to the source as the owner, writes nothing. Those who may not SET ROLE to the owner get the definition only. Errors: 42704, SL001.';
COMMENT ON FUNCTION explain_pipeline(uuid) IS 'What a run of the pipeline with this id would do; see explain_pipeline(text).';

CREATE FUNCTION describe_schedule(schedule text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_describe_schedule';
COMMENT ON FUNCTION describe_schedule(text) IS
'What a schedule says, in plain English: "every day at 02:00". Errors: 22023 no schedule.';

CREATE FUNCTION preview_schedule(schedule text, timezone text DEFAULT NULL, n integer DEFAULT 5,
	after timestamptz DEFAULT pg_catalog.now(), OUT due_at timestamptz, OUT local_time text)
	RETURNS SETOF record
	LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_preview_schedule';
COMMENT ON FUNCTION preview_schedule(text, text, integer, timestamptz) IS
'The next due instants of a schedule. timezone: IANA name, default pg_sluice.timezone. n: how many, up to 10000. after: the instant after which they lie.
due_at is shown in the session''s time zone as any timestamptz; local_time is the clock of the schedule''s zone, with its offset from UTC. Errors: 22023 no schedule, zone or n, or never due; 22004.';

CREATE FUNCTION make_schedule(every text DEFAULT 'day', at time DEFAULT '00:00', on_days text[] DEFAULT NULL,
	day_of_month integer DEFAULT NULL) RETURNS text
	LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'sluice_make_schedule';
COMMENT ON FUNCTION make_schedule(text, time, text[], integer) IS
'Writes a schedule for those who do not write cron. every: minute, 5 minutes, 10 minutes, 15 minutes, 30 minutes, hour, day, weekday (Monday to Friday), week, month, quarter or year.
at: time of day, whole seconds; with minutes and hours, how far into each. on_days, with week: names of days, default Monday. day_of_month, with month, quarter and year: 1 to 31, default 1, -1 for the last day; of a quarter or year its first month, for -1 its last. Errors: 22023, 22004.';
-- Who may call what. Reading is for everybody, row-level security decides; what writes or runs must be
-- granted, because a pipeline is code that runs later.

CREATE FUNCTION allow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_allow_pipelines';
COMMENT ON FUNCTION allow_pipelines(name) IS
'Lets a role define and run pipelines of its own: grants EXECUTE on the functions of pg_sluice, and USAGE on their schema. Caller: the owner of the extension. role: "public" means everybody. Errors: 42704 no such role, 42501.';
CREATE FUNCTION disallow_pipelines(role name) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'sluice_disallow_pipelines';
COMMENT ON FUNCTION disallow_pipelines(name) IS
'Takes back what allow_pipelines gave, but for USAGE on the schema, which other objects may need. The role''s pipelines stay as they are: pause or drop them. Errors: 42704 no such role, 42501.';

REVOKE EXECUTE ON FUNCTION
	create_pipeline,
	alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text, text[], text, name, jsonb, text[]),
	rename_pipeline(text, text), rename_pipeline(uuid, text),
	drop_pipeline(text, text, text, boolean), drop_pipeline(uuid, text, text, boolean),
	pause_pipeline(text, text), pause_pipeline(uuid, text),
	resume_pipeline(text), resume_pipeline(uuid),
	trigger_pipeline(text, jsonb, text, boolean), trigger_pipeline(uuid, jsonb, text, boolean),
	stop_pipeline(text), stop_pipeline(uuid), stop_run(uuid), retry_run(uuid),
	explain_pipeline(text), explain_pipeline(uuid),
	allow_pipelines(name), disallow_pipelines(name)
	FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE
	trigger_and_wait(text, jsonb, interval, uuid, text), trigger_and_wait(uuid, jsonb, interval, uuid, text),
	run_pipeline(text, jsonb, uuid), run_pipeline(uuid, jsonb, uuid)
	FROM PUBLIC;
-- Tells the launcher, once this transaction commits, that there is a database to look after.

CREATE FUNCTION pipeline_wake() RETURNS void
	LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'sluice_wake';
SELECT pipeline_wake();
DROP FUNCTION pipeline_wake();
