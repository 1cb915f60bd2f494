-- pause_pipeline and resume_pipeline.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA pause;
SET search_path = pause, public;
CREATE TABLE src AS SELECT 1 AS a;
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', schedule => '0 0 1 1 *') IS NOT NULL AS created;
SELECT state, next_due IS NOT NULL AS due FROM pipeline_status WHERE name = 'p';
SELECT pause_pipeline('p', 'the source moves');
SELECT state, reason, next_due FROM pipeline_status WHERE name = 'p';
SELECT paused, paused_by = current_user AS by_me, paused_reason, version FROM pipelines WHERE name = 'p';
SELECT trigger_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
CALL run_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
-- Who triggers many leaves it out, with a row that says so; if_running has no say.
SELECT trigger_pipeline('p', if_paused => 'skip') AS run \gset
SELECT status, reason, cause, if_running, start_time, end_time IS NOT NULL AS ended FROM pipeline_runs WHERE id = :'run';
SELECT wait_for_run(:'run');
SELECT count(trigger_pipeline(id, if_running => 'queue', if_paused => 'skip')) FROM pipelines WHERE name = 'p';
SELECT state, reason FROM pipeline_status WHERE name = 'p';
SELECT trigger_pipeline('p', if_paused => 'later');
\echo :LAST_ERROR_SQLSTATE
SELECT trigger_pipeline('p', if_paused => NULL);
-- Altering does not wake it.
SELECT alter_pipeline('p', schedule => '0 0 2 1 *');
SELECT state, next_due FROM pipeline_status WHERE name = 'p';
SELECT resume_pipeline('p');
SELECT state, reason, next_due IS NOT NULL AS due FROM pipeline_status WHERE name = 'p';
SELECT paused, paused_at, paused_by, paused_reason FROM pipelines WHERE name = 'p';
SELECT resume_pipeline('p');
-- Without a reason, by id, in bulk.
SELECT pause_pipeline(id) FROM pipelines WHERE name = 'p';
SELECT state, replace(reason, current_user, 'ME') AS reason FROM pipeline_status WHERE name = 'p';
SELECT resume_pipeline(id) FROM pipelines WHERE name = 'p';
-- What is queued is skipped.
BEGIN;
SELECT trigger_pipeline('p') AS run \gset
SELECT pause_pipeline('p', 'now');
SELECT status, reason FROM pipeline_runs WHERE id = :'run';
ROLLBACK;
SELECT state FROM pipeline_status WHERE name = 'p';
SELECT pause_pipeline('nope');
SELECT resume_pipeline(NULL::text);
SELECT drop_pipeline('p');
DROP SCHEMA pause CASCADE;
