-- trigger_pipeline and its friends: what is queued, what is in the way, what becomes of it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA trig;
SET search_path = trig, public;
-- Waits, for half a minute at most, until the condition holds.
CREATE PROCEDURE await(condition text) LANGUAGE plpgsql AS $$
DECLARE
	holds bool;
BEGIN
	FOR i IN 1..600 LOOP
		EXECUTE 'SELECT ' || condition INTO holds;
		IF holds THEN
			RETURN;
		END IF;
		PERFORM pg_sleep(0.05);
	END LOOP;
	RAISE 'waited in vain for %', condition;
END
$$;
CREATE TABLE src AS SELECT 1 AS a;
SELECT create_pipeline('quick', source_table => 'src', destination_table => 'quick_dst') IS NOT NULL AS created;
-- A run of this one takes as long as we hold the advisory lock.
SELECT create_pipeline('slow', source_query => 'SELECT 1 AS a FROM pg_advisory_xact_lock(77001)', destination_table => 'slow_dst') IS NOT NULL AS created;

-- Triggered, committed, run.
SELECT trigger_pipeline('quick') AS run \gset
SELECT wait_for_run(:'run');
SELECT * FROM quick_dst;
SELECT status, cause, triggered_by = current_user AS by_me, attempt, pipeline_version, root_run = id AS first, context,
	due_at IS NULL AS undue, queued_at <= start_time AND start_time <= end_time AS in_order, duration = end_time - start_time AS lasted,
	records_read, records_processed, error_message
FROM pipeline_runs WHERE id = :'run' \gx

-- By id, for every row; with the options by name.
SELECT count(wait_for_run(r)) FROM (SELECT trigger_pipeline(id, if_running => 'skip') AS r FROM pipelines WHERE name = 'none of them') t;
SELECT trigger_pipeline(id, if_running => 'skip') AS run FROM pipelines WHERE name = 'quick' \gset
SELECT wait_for_run(:'run', '1 minute');

-- Transactional: rolled back means never; the transaction that triggered cannot wait for it.
BEGIN;
SELECT trigger_pipeline('quick') AS run \gset
SELECT status FROM pipeline_runs WHERE id = :'run';
SAVEPOINT s;
\set VERBOSITY sqlstate
SELECT wait_for_run(:'run');
\set VERBOSITY default
ROLLBACK TO s;
-- A second one in the same transaction finds the first in its way.
\set VERBOSITY sqlstate
SELECT trigger_pipeline('quick');
\set VERBOSITY default
ROLLBACK;
\set VERBOSITY sqlstate
SELECT wait_for_run(:'run');
\set VERBOSITY default
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'quick';

-- trigger_and_wait commits by itself, so it wants no transaction around it.
CALL trigger_and_wait('quick', run => NULL, status => NULL) \gset
SELECT :'status' AS status, status AS in_the_table FROM pipeline_runs WHERE id = :'run';
BEGIN;
CALL trigger_and_wait('quick');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
CREATE FUNCTION waits() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	run uuid;
	status text;
BEGIN
	CALL trigger_and_wait('quick', run => run, status => status);
	RETURN status;
END
$$;
SELECT waits();
\echo :LAST_ERROR_SQLSTATE
DO $$
DECLARE
	run uuid;
	status text;
BEGIN
	CALL trigger_and_wait('quick', run => run, status => status);
EXCEPTION WHEN others THEN
	RAISE WARNING '% %', SQLSTATE, SQLERRM;
END
$$;
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'quick';
-- A DO block may commit, so it may wait.
DO $$
DECLARE
	pipeline uuid = id FROM pipelines WHERE name = 'quick';
	run uuid;
	status text;
BEGIN
	CALL trigger_and_wait('quick', run => run, status => status);
	RAISE WARNING 'it was a %', status;
	CALL trigger_and_wait(pipeline, timeout => '1 minute', run => run, status => status);
	RAISE WARNING 'it was a %', status;
END
$$;
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'quick';

-- The context reaches the run as a value.
SELECT create_pipeline('context', source_query => $$SELECT run_context() ->> 'a' AS a, run_context() AS c$$, destination_table => 'context_dst') IS NOT NULL AS created;
CALL trigger_and_wait('context', '{"a": "it''s; DROP TABLE src"}', run => NULL, status => NULL) \gset
SELECT * FROM context_dst;
SELECT run_context();
SELECT trigger_pipeline('context', '[1]');
\echo :LAST_ERROR_SQLSTATE
SELECT trigger_pipeline('context', NULL) AS run \gset
SELECT wait_for_run(:'run');
SELECT * FROM context_dst;

-- Overlap. What is in the way is named; skip and queue leave a row.
SELECT pg_advisory_lock(77001);
SELECT trigger_pipeline('slow') AS first \gset
CALL await(format('status = ''running'' FROM pipeline_runs WHERE id = %L', :'first'));
SELECT wait_for_run(:'first', '10 milliseconds') IS NULL AS timed_out;
SELECT wait_for_run(:'first', '0') IS NULL AS timed_out;
SELECT wait_for_run(:'first', '-1 s');
\echo :LAST_ERROR_SQLSTATE
SELECT wait_for_batch(:'first', '1 day -25 hours');
CALL trigger_and_wait('context', timeout => '-1 us');
SELECT wait_for_run(:'first', '-178000000 years');
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || regexp_replace(message, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'ID', 'g') || ' / ' || hint;
END
$$;
SELECT try($$SELECT trigger_pipeline('slow')$$);
SELECT trigger_pipeline('slow', if_running => 'skip') AS skipped \gset
SELECT status, replace(reason, :'first', 'FIRST') AS reason, start_time, end_time IS NOT NULL AS ended FROM pipeline_runs WHERE id = :'skipped';
SELECT wait_for_run(:'skipped');
SELECT trigger_pipeline('slow', if_running => 'queue') AS second \gset
SELECT trigger_pipeline('slow', if_running => 'queue') AS third \gset
SELECT trigger_pipeline('slow', if_running => 'later');
\echo :LAST_ERROR_SQLSTATE
SELECT trigger_pipeline('slow', if_running => NULL);
SELECT state, last_run_status FROM pipeline_status WHERE name = 'slow';
SELECT status, replace(reason, :'first', 'FIRST') AS reason FROM pipeline_runs WHERE id = :'second';
-- A run here and now is refused as well.
SELECT try($$CALL run_pipeline('slow')$$);
-- So is dropping.
SELECT try($$SELECT drop_pipeline('slow')$$);

-- Stopping: the queued one, the running one, then there is nothing left. A rollback does not undo it.
SELECT stop_run(:'third');
SELECT wait_for_run(:'third');
BEGIN;
SELECT stop_run(:'first');
ROLLBACK;
SELECT wait_for_run(:'first');
SELECT status, reason LIKE 'stopped by%' AS told, error_message IS NULL AS no_error FROM pipeline_runs WHERE id = :'first';
SELECT stop_run(:'first');
CALL await(format('status = ''running'' FROM pipeline_runs WHERE id = %L', :'second'));
SELECT stop_pipeline('slow');
SELECT wait_for_run(:'second');
SELECT stop_pipeline('slow');
SELECT count(*) FROM pg_class WHERE relname = 'slow_dst';
SELECT stop_run('0190a3b4-0000-7000-8000-000000000000');
\echo :LAST_ERROR_SQLSTATE
BEGIN;
SELECT trigger_pipeline('slow') AS run \gset
SELECT stop_pipeline('slow');
SELECT status, reason FROM pipeline_runs WHERE id = :'run';
COMMIT;

-- Dropping can stop, and can wait.
SELECT trigger_pipeline('slow') AS run \gset
CALL await(format('status = ''running'' FROM pipeline_runs WHERE id = %L', :'run'));
SELECT drop_pipeline('slow', running => 'stop', history => 'keep');
SELECT status FROM pipeline_runs WHERE id = :'run';
SELECT pg_advisory_unlock(77001);
SELECT create_pipeline('slow', source_query => 'SELECT 1 AS a FROM pg_sleep(0.2)', destination_table => 'slow_dst') IS NOT NULL AS created;
SELECT trigger_pipeline('slow') AS run \gset
CALL await(format('status <> ''pending'' FROM pipeline_runs WHERE id = %L', :'run'));
SELECT drop_pipeline('slow', running => 'wait', history => 'keep');
SELECT status FROM pipeline_runs WHERE id = :'run';
SELECT a FROM slow_dst;

-- What cannot be started says why.
SELECT create_pipeline('asleep', status => 'inactive') IS NOT NULL AS created;
SELECT trigger_pipeline('asleep');
\echo :LAST_ERROR_SQLSTATE
SELECT trigger_pipeline('no such');
\echo :LAST_ERROR_SQLSTATE

-- A run that fails says so, and what to do.
SELECT create_pipeline('broken', source_query => 'SELECT 1 / 0 AS a', destination_table => 'broken_dst') IS NOT NULL AS created;
\set VERBOSITY terse
CALL trigger_and_wait('broken');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
CALL trigger_and_wait('broken', run => NULL, status => NULL, raise_error => false) \gset
SELECT :'status' AS status;
SELECT status, error_message, error_sqlstate, records_processed FROM pipeline_runs WHERE id = :'run';
SELECT state, reason, last_error, failures_in_a_row, records_processed FROM pipeline_status WHERE name = 'broken';
SELECT count(*) > 0 AS logged FROM run_log(:'run') WHERE level = 'error';
SELECT alter_pipeline('broken', source_query => 'SELECT 1 AS a');
CALL trigger_and_wait('broken', run => NULL, status => NULL) \gset
SELECT state, reason, last_error, failures_in_a_row, records_processed FROM pipeline_status WHERE name = 'broken';

SELECT drop_pipeline(id) FROM pipelines WHERE name IN ('quick', 'context', 'asleep', 'broken');
DROP SCHEMA trig CASCADE;
