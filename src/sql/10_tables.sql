-- Tables. Only C code in src/catalog writes them; roles have SELECT, filtered by row-level security.

CREATE TABLE sluice.pipeline_definitions (
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
	home_database oid,
	load_chosen boolean NOT NULL DEFAULT true,
	command text
);
COMMENT ON TABLE sluice.pipeline_definitions IS 'What each pipeline is; read it through the view pipelines';

-- Which database this is. Never dumped, so a restored copy has another identity than its pipelines; a copy by
-- CREATE DATABASE ... TEMPLATE has another OID. pg_upgrade carries both over.
CREATE TABLE sluice.pipeline_identity (
	identity uuid NOT NULL,
	database_oid oid NOT NULL,
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE sluice.pipeline_identity IS
	'Which database this is: a pipeline with another home is parked until adopt_pipelines(); never dumped';
INSERT INTO sluice.pipeline_identity
SELECT pg_catalog.gen_random_uuid(), oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database();

-- The scheduler's queue. A row of its own, so that a run's end never waits for the scheduler or the reverse.
CREATE TABLE sluice.pipeline_due (
	pipeline_id uuid PRIMARY KEY,
	next_due timestamptz,
	planned_at timestamptz,
	served_until timestamptz,
	served_anew boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
COMMENT ON TABLE sluice.pipeline_due IS 'When each scheduled pipeline is due next';
COMMENT ON COLUMN sluice.pipeline_due.planned_at IS 'the clock when next_due was computed; one that is later than now was ahead then';
COMMENT ON COLUMN sluice.pipeline_due.served_until IS 'the clock was ahead: due times up to here may have had their runs';
COMMENT ON COLUMN sluice.pipeline_due.served_anew IS 'it was set back so far that they are served again, and their runs say so';

CREATE TABLE sluice.pipeline_state (
	pipeline_id uuid PRIMARY KEY,
	last_run_at timestamptz,
	last_success_at timestamptz,
	failures_in_a_row int NOT NULL DEFAULT 0,
	created_relation oid,
	loaded_shape jsonb,
	watermark text,
	watermark_rows jsonb
) WITH (fillfactor = 70);
COMMENT ON TABLE sluice.pipeline_state IS 'What the last runs of each pipeline left behind';
COMMENT ON COLUMN sluice.pipeline_state.watermark IS 'how far it is loaded: a value of the cursor, or words of a source that goes on';
COMMENT ON COLUMN sluice.pipeline_state.watermark_rows IS 'hashes of the rows that the next run reads again; NULL: they are not remembered';

CREATE TABLE sluice.pipeline_versions (
	pipeline_id uuid NOT NULL,
	version int NOT NULL,
	owner name NOT NULL,
	owner_oid oid NOT NULL,
	definition jsonb NOT NULL,
	created_at timestamptz NOT NULL,
	created_by name NOT NULL,
	PRIMARY KEY (pipeline_id, version)
);
COMMENT ON TABLE sluice.pipeline_versions IS 'Every definition that a pipeline has had';

CREATE TABLE sluice.pipeline_runs (
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
	cause text NOT NULL CHECK (cause IN ('manual', 'schedule', 'retry', 'dependency', 'fallback', 'backfill', 'replay', 'repair')),
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
	source name,
	priority int NOT NULL DEFAULT 0,
	records_inserted bigint NOT NULL DEFAULT 0,
	records_updated bigint NOT NULL DEFAULT 0,
	records_deleted bigint NOT NULL DEFAULT 0,
	records_unchanged bigint NOT NULL DEFAULT 0,
	records_duplicate bigint NOT NULL DEFAULT 0,
	records_filtered bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 80);
COMMENT ON TABLE sluice.pipeline_runs IS 'Every run of every pipeline: one row per attempt';

-- Runs whose end is written and whose consequences are not: a retry, what depends on them, a pause. The scheduler
-- takes them one by one, so two that end at the same moment never miss each other. The run's row may be gone by then.
CREATE TABLE sluice.pipeline_ended (
	run_id uuid PRIMARY KEY,
	batch uuid NOT NULL,
	pipeline_id uuid NOT NULL,
	drawn boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE sluice.pipeline_ended IS 'Runs that have ended and whose consequences the scheduler still has to draw';
COMMENT ON COLUMN sluice.pipeline_ended.drawn IS 'drawn for the run itself; what waits for it is looked at slice by slice';

-- What a root run carries with it: the graph below it as it was when the run was queued. Written then, and by the
-- scheduler alone from there on.
CREATE TABLE sluice.pipeline_batch_nodes (
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
	followed uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	PRIMARY KEY (batch, pipeline_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE sluice.pipeline_batch_nodes IS 'The pipelines of each batch, a row each; read it through batch_nodes(run)';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.batch IS 'the id of the batch''s root run';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.parents IS 'the pipelines of this batch that it waits for';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.context IS 'of the batch; in the root''s row';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.run IS 'its first attempt';
COMMENT ON COLUMN sluice.pipeline_batch_nodes.followed IS 'once it is over: of what waits for it, pipelines up to this one have been looked at';

CREATE TABLE sluice.pipeline_sources (
	source name NOT NULL,
	owner_oid oid NOT NULL,
	failures_in_a_row int NOT NULL,
	waits_until timestamptz,
	last_failure_at timestamptz NOT NULL,
	last_error text,
	PRIMARY KEY (source, owner_oid)
) WITH (fillfactor = 70);
COMMENT ON TABLE sluice.pipeline_sources IS 'Data sources that could not be reached the last time with the user mapping of an owner: from a number of failures in a row on, that owner''s pipelines wait';
COMMENT ON COLUMN sluice.pipeline_sources.waits_until IS 'no run of this source starts before, then one tries; NULL: none waits';

CREATE TABLE sluice.pipeline_run_log (
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
COMMENT ON TABLE sluice.pipeline_run_log IS 'What each run said; read it through the view pipeline_log';

-- Rows that did not fit into their destination: they exist nowhere else.
CREATE TABLE sluice.pipeline_rejected_rows (
	id uuid PRIMARY KEY,
	pipeline_id uuid NOT NULL,
	run_id uuid NOT NULL,
	at timestamptz NOT NULL,
	position bigint NOT NULL,
	column_name text,
	sqlstate text NOT NULL,
	reason text NOT NULL,
	detail text,
	hint text,
	original jsonb NOT NULL,
	escaped text[],
	is_cut boolean NOT NULL DEFAULT false,
	is_lost boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE sluice.pipeline_rejected_rows IS 'Rows that did not fit into the destination; read them through the view rejected_rows';
COMMENT ON COLUMN sluice.pipeline_rejected_rows.is_lost IS 'the run failed: it loaded nothing, and the next one reads the row again';

-- A row is an event in the server's queue of deferred triggers. Nobody but its transaction sees it, so it needs no log.
CREATE UNLOGGED TABLE sluice.pipeline_deferred_checks (
	constraint_oid oid NOT NULL,
	table_oid oid NOT NULL,
	loaded_by oid NOT NULL,
	partitions oid[],
	files oid[],
	first_blocks bigint[],
	written_by xid
);
COMMENT ON TABLE sluice.pipeline_deferred_checks IS 'Foreign keys that a transaction still has to check; a row is gone before others could see it';
COMMENT ON COLUMN sluice.pipeline_deferred_checks.table_oid IS 'the table that was loaded';
COMMENT ON COLUMN sluice.pipeline_deferred_checks.partitions IS 'where the load added rows, each with its file then and the first block; NULL: all rows are looked at';
CREATE FUNCTION sluice.pipeline_check_deferred() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'sluice_check_deferred';
COMMENT ON FUNCTION sluice.pipeline_check_deferred() IS 'internal: checks a foreign key when the transaction that deferred it ends';
CREATE CONSTRAINT TRIGGER pipeline_deferred_check AFTER INSERT ON sluice.pipeline_deferred_checks
	DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sluice.pipeline_check_deferred();
ALTER TABLE sluice.pipeline_deferred_checks ENABLE ALWAYS TRIGGER pipeline_deferred_check;

-- Where the streams of a load put rows until all of them are there. Nobody is granted anything here.
CREATE SCHEMA sluice_staging;
REVOKE ALL ON SCHEMA sluice_staging FROM PUBLIC;
COMMENT ON SCHEMA sluice_staging IS 'Tables of loads in several streams that are under way, named after their runs; seen by nobody, dropped with the run';
