-- What shows: list_pipelines, get_pipeline, recent_runs, run_log, pipeline_log, pipeline_health, explain_pipeline.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA status;
SET search_path = status, public;
CREATE TABLE src AS SELECT g AS a FROM generate_series(1, 3) g;
SELECT create_pipeline('shown', source_table => 'src', destination_table => 'dst', description => 'for show') IS NOT NULL AS created;
SELECT name, state, reason, last_run, records_processed, failures_in_a_row FROM list_pipelines() WHERE name = 'shown';
CALL run_pipeline('shown', run => NULL) \gset
SELECT name, state, reason, last_run = :'run' AS this, last_run_status, last_run_start <= last_run_end AS ran, last_error, last_hint, next_due, records_processed, failures_in_a_row
FROM list_pipelines() WHERE name = 'shown';
SELECT last_run_at IS NOT NULL AS ran FROM pipelines WHERE name = 'shown';

SELECT jsonb_object_keys(get_pipeline('shown')) ORDER BY 1;
SELECT get_pipeline('shown') #>> '{definition,description}' AS description, get_pipeline('shown') #>> '{state,state}' AS state,
	jsonb_array_length(get_pipeline('shown') -> 'runs') AS runs, get_pipeline('shown') #>> '{runs,0,status}' AS last;
SELECT get_pipeline(id) -> 'definition' ->> 'name' AS name FROM pipelines WHERE name = 'shown';
SELECT get_pipeline('hidden');

SELECT pipeline, status, cause, records_processed, error_message FROM recent_runs() WHERE run = :'run';
SELECT count(*) FROM recent_runs(0) WHERE run = :'run' AND queued_at < now();
SELECT count(*) FROM recent_runs(days => 100) WHERE run = :'run';

-- Each line of a run's log, and the log as one text.
SELECT count(*) > 0 AS said_something, count(DISTINCT phase) > 0 AS in_phases, bool_and(level IN ('debug', 'info', 'warning', 'error')) AS levels FROM run_log(:'run');
SELECT count(*) = (SELECT count(*) FROM run_log(:'run')) AS same FROM pipeline_log WHERE pipeline = 'shown' AND run = :'run';
SELECT log = (SELECT string_agg(level || ' [' || phase || '] ' || message || E'\n', '') FROM run_log(:'run')) AS its_lines FROM pipeline_runs WHERE id = :'run';
-- It has an end, and costs only those who ask for it.
BEGIN;
INSERT INTO sluice.pipeline_run_log (run_id, line, pipeline_id, owner_oid, at, level, phase, message)
SELECT l.run_id, l.line + n, l.pipeline_id, l.owner_oid, l.at, 'info', NULL, repeat('x', 990) FROM sluice.pipeline_run_log l, generate_series(1, 100) n
WHERE l.run_id = :'run' AND l.line = (SELECT max(line) FROM sluice.pipeline_run_log WHERE run_id = :'run');
SELECT octet_length(log) BETWEEN 64000 AND 65540 AS capped, right(log, 12) = E'xxxxxxx\n...\n' AS said, position(E'\ninfo [] ' || repeat('x', 990) || E'\n' IN log) > 0 AS whole_lines
FROM pipeline_runs WHERE id = :'run';
ROLLBACK;
CREATE FUNCTION plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT bool_or(p ~ 'pipeline_run_log') AS read FROM plan_of('SELECT log FROM pipeline_runs') p;
SELECT bool_or(p ~ 'pipeline_run_log') AS read FROM plan_of('SELECT count(*) FROM pipeline_runs') p;
SELECT bool_or(p ~ 'pipeline_run_log') AS read FROM plan_of('SELECT id, status, error_message FROM pipeline_runs ORDER BY id DESC LIMIT 10') p;
SELECT * FROM run_log('0190a3b4-0000-7000-8000-000000000000');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM run_log(NULL);

-- The names of a renamed pipeline's log follow.
SELECT rename_pipeline('shown', 'shown anew');
SELECT DISTINCT pipeline FROM pipeline_log WHERE run = :'run';

SELECT count(*) > 0 AS plan FROM explain_pipeline('shown anew');
SELECT explain_pipeline('hidden');

SELECT check_name, verdict FROM pipeline_health() WHERE check_name IN ('preload', 'enabled', 'launcher', 'worker_slots');
SELECT check_name FROM pipeline_health() WHERE verdict NOT IN ('ok', 'warning', 'error') OR message IS NULL OR (verdict <> 'ok' AND hint IS NULL);

SELECT key, type, allowed, default_value FROM pipeline_options ORDER BY key COLLATE "C";
SELECT key FROM pipeline_options WHERE meaning IS NULL OR meaning !~ '\.$';

SELECT drop_pipeline('shown anew');
SELECT count(*) FROM pipeline_log WHERE run = :'run';
DROP SCHEMA status CASCADE;
