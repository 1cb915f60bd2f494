-- From 0.1 to 0.2: tables, row-level security, and functions that are gone or take other arguments.

-- Pipelines have a home.
CREATE TABLE @extschema@.pipeline_identity (
	identity uuid NOT NULL,
	database_oid oid NOT NULL,
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE @extschema@.pipeline_identity IS
	'Which database this is: a pipeline with another home is parked until adopt_pipelines(); never dumped';
INSERT INTO @extschema@.pipeline_identity
SELECT pg_catalog.gen_random_uuid(), oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database();
ALTER TABLE @extschema@.pipeline_identity ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON @extschema@.pipeline_identity FOR SELECT USING (true);
GRANT SELECT ON @extschema@.pipeline_identity TO PUBLIC;
ALTER TABLE @extschema@.pipeline_definitions ADD COLUMN home uuid, ADD COLUMN home_database oid;
UPDATE @extschema@.pipeline_definitions SET home = identity, home_database = database_oid FROM @extschema@.pipeline_identity;
CREATE INDEX pipeline_definitions_by_home ON @extschema@.pipeline_definitions (home_database, home);

-- The history is purged.
CREATE INDEX pipeline_runs_over ON @extschema@.pipeline_runs (pipeline_id, id DESC)
	WHERE status IN ('success', 'skipped', 'stopped');
CREATE INDEX pipeline_runs_failed ON @extschema@.pipeline_runs (pipeline_id, id DESC) WHERE status = 'failed';
CREATE INDEX pipeline_runs_active_batch ON @extschema@.pipeline_runs (batch) WHERE status IN ('pending', 'running');

-- Runs are retried, ranked, and followed by others; sources that are down are waited for.
ALTER TABLE @extschema@.pipeline_definitions ADD COLUMN on_failure uuid;
CREATE INDEX pipeline_definitions_by_parent ON @extschema@.pipeline_definitions USING gin (depends_on) WITH (fastupdate = off)
	WHERE depends_on <> '{}';
CREATE INDEX pipeline_definitions_by_fallback ON @extschema@.pipeline_definitions (on_failure) WHERE on_failure IS NOT NULL;
DROP FUNCTION @extschema@.create_pipeline;
DROP FUNCTION @extschema@.alter_pipeline(text, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text[], text, name, jsonb, text[]);
DROP FUNCTION @extschema@.alter_pipeline(uuid, name, text, text, name, text, text, text, text[], text, text, text, text, text, text[], text, text[], text, name, jsonb, text[]);
ALTER TABLE @extschema@.pipeline_runs ADD COLUMN source name, ADD COLUMN priority int NOT NULL DEFAULT 0,
	DROP CONSTRAINT pipeline_runs_cause_check,
	ADD CONSTRAINT pipeline_runs_cause_check CHECK (cause IN ('manual', 'schedule', 'retry', 'dependency', 'fallback'));
DROP INDEX @extschema@.pipeline_runs_pending;
CREATE INDEX pipeline_runs_pending ON @extschema@.pipeline_runs (priority DESC, (COALESCE(due_at, queued_at)), id) WHERE status = 'pending';
CREATE INDEX pipeline_runs_retries ON @extschema@.pipeline_runs (due_at) WHERE status = 'pending' AND cause = 'retry';

CREATE TABLE @extschema@.pipeline_ended (
	run_id uuid PRIMARY KEY,
	batch uuid NOT NULL,
	pipeline_id uuid NOT NULL
);
COMMENT ON TABLE @extschema@.pipeline_ended IS 'Runs that have ended and whose consequences the scheduler still has to draw';
CREATE INDEX pipeline_ended_by_batch ON @extschema@.pipeline_ended (batch);

-- What a root run carries with it: the graph below it as it was when the run was queued. Written then, and by the
-- scheduler alone from there on.
CREATE TABLE @extschema@.pipeline_batch_nodes (
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
COMMENT ON TABLE @extschema@.pipeline_batch_nodes IS 'The pipelines of each batch, a row each; read it through batch_nodes(run)';
COMMENT ON COLUMN @extschema@.pipeline_batch_nodes.batch IS 'the id of the batch''s root run';
COMMENT ON COLUMN @extschema@.pipeline_batch_nodes.parents IS 'the pipelines of this batch that it waits for';
COMMENT ON COLUMN @extschema@.pipeline_batch_nodes.context IS 'of the batch; in the root''s row';
COMMENT ON COLUMN @extschema@.pipeline_batch_nodes.run IS 'its first attempt';
CREATE INDEX pipeline_batch_nodes_waiting ON @extschema@.pipeline_batch_nodes (pipeline_id) WHERE state = 'waiting';
ALTER TABLE @extschema@.pipeline_ended ENABLE ROW LEVEL SECURITY;
ALTER TABLE @extschema@.pipeline_batch_nodes ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON @extschema@.pipeline_batch_nodes FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
CREATE POLICY see ON @extschema@.pipeline_ended FOR SELECT USING (run_id IN (SELECT id FROM @extschema@.pipeline_runs));

CREATE TABLE @extschema@.pipeline_sources (
	source name NOT NULL,
	owner_oid oid NOT NULL,
	failures_in_a_row int NOT NULL,
	waits_until timestamptz,
	last_failure_at timestamptz NOT NULL,
	last_error text,
	PRIMARY KEY (source, owner_oid)
) WITH (fillfactor = 70);
COMMENT ON TABLE @extschema@.pipeline_sources IS 'Data sources that could not be reached the last time with the user mapping of an owner: from a number of failures in a row on, that owner''s pipelines wait';
COMMENT ON COLUMN @extschema@.pipeline_sources.waits_until IS 'no run of this source starts before, then one tries; NULL: none waits';
ALTER TABLE @extschema@.pipeline_sources ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON @extschema@.pipeline_sources FOR SELECT USING (pg_catalog.pg_has_role(owner_oid, 'USAGE'));
GRANT SELECT ON @extschema@.pipeline_ended, @extschema@.pipeline_sources, @extschema@.pipeline_batch_nodes TO PUBLIC;

-- Loads in several streams.
CREATE SCHEMA sluice_staging;
REVOKE ALL ON SCHEMA sluice_staging FROM PUBLIC;
COMMENT ON SCHEMA sluice_staging IS 'Tables of loads in several streams that are under way, named after their runs; seen by nobody, dropped with the run';
