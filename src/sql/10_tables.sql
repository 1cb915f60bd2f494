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
