\echo Use "ALTER EXTENSION pg_sluice UPDATE" to load this file. \quit
-- From 0.1 to 0.2, first part: tables, row-level security, and functions that are gone or take other arguments.
-- What follows in the assembled script makes all views and functions as they are now; see the Makefile.

-- Whoever was allowed to use pg_sluice is allowed to use what is new as well; see the end.
CREATE TEMPORARY TABLE sluice_allowed AS
SELECT DISTINCT g.grantee
FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) g
WHERE p.oid = 'trigger_pipeline(uuid, jsonb, text, boolean)'::regprocedure AND g.grantee <> p.proowner;

-- Pipelines have a home.
CREATE TABLE pipeline_identity (
	identity uuid NOT NULL,
	database_oid oid NOT NULL,
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE pipeline_identity IS
	'Which database this is: a pipeline with another home is parked until adopt_pipelines(); never dumped';
INSERT INTO pipeline_identity
SELECT pg_catalog.gen_random_uuid(), oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database();
ALTER TABLE pipeline_identity ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON pipeline_identity FOR SELECT USING (true);
GRANT SELECT ON pipeline_identity TO PUBLIC;
ALTER TABLE pipeline_definitions ADD COLUMN home uuid, ADD COLUMN home_database oid;
UPDATE pipeline_definitions SET home = identity, home_database = database_oid FROM pipeline_identity;
CREATE INDEX pipeline_definitions_by_home ON pipeline_definitions (home_database, home);

-- The history is purged.
CREATE INDEX pipeline_runs_over ON pipeline_runs (pipeline_id, id DESC)
	WHERE status IN ('success', 'skipped', 'stopped');
CREATE INDEX pipeline_runs_failed ON pipeline_runs (pipeline_id, id DESC) WHERE status = 'failed';
CREATE INDEX pipeline_runs_active_batch ON pipeline_runs (batch) WHERE status IN ('pending', 'running');

-- Runs are retried, ranked, and followed by others; sources that are down are waited for.
ALTER TABLE pipeline_definitions ADD COLUMN on_failure uuid;
ALTER TABLE pipeline_runs ADD COLUMN source name, ADD COLUMN priority int NOT NULL DEFAULT 0,
	DROP CONSTRAINT pipeline_runs_cause_check,
	ADD CONSTRAINT pipeline_runs_cause_check CHECK (cause IN ('manual', 'schedule', 'retry', 'dependency', 'fallback'));
DROP INDEX pipeline_runs_pending;
CREATE INDEX pipeline_runs_pending ON pipeline_runs (priority DESC, (COALESCE(due_at, queued_at)), id) WHERE status = 'pending';
CREATE INDEX pipeline_runs_retries ON pipeline_runs (due_at) WHERE status = 'pending' AND cause = 'retry';

CREATE TABLE pipeline_ended (
	run_id uuid PRIMARY KEY
);
COMMENT ON TABLE pipeline_ended IS 'Runs that have ended and whose consequences the scheduler still has to draw';
ALTER TABLE pipeline_ended ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON pipeline_ended FOR SELECT USING (run_id IN (SELECT id FROM pipeline_runs));

CREATE TABLE pipeline_sources (
	source name PRIMARY KEY,
	failures_in_a_row int NOT NULL,
	waits_until timestamptz,
	last_failure_at timestamptz NOT NULL,
	last_error text
) WITH (fillfactor = 70);
COMMENT ON TABLE pipeline_sources IS 'Data sources that could not be reached the last time: from a number of failures in a row on, their pipelines wait';
COMMENT ON COLUMN pipeline_sources.waits_until IS 'no run of this source starts before, then one tries; NULL: none waits';
ALTER TABLE pipeline_sources ENABLE ROW LEVEL SECURITY;
CREATE POLICY see ON pipeline_sources FOR SELECT USING (source IN (SELECT source FROM pipeline_definitions));
GRANT SELECT ON pipeline_ended, pipeline_sources TO PUBLIC;
