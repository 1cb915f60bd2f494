-- backfill_pipeline: ranges of the cursor's values are loaded again, slice by slice, and the watermark stays.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA backfill;
SET search_path = backfill, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER backfill FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER backfill OPTIONS (user :'role');

CREATE TABLE src (id int PRIMARY KEY, at timestamptz, val text);
INSERT INTO src SELECT n, '2026-03-27'::timestamptz + (n - 1) * interval '1 hour', 'old' FROM generate_series(1, 120) n;
SELECT create_pipeline('by key', source => 'backfill', source_table => 'backfill.src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'at', timezone => 'Europe/Berlin') \g /dev/null
CALL run_pipeline('by key') \g /dev/null
SELECT watermark FROM pipelines WHERE name = 'by key';
UPDATE src SET val = 'new';
-- Days of the pipeline's time zone, one of which has 23 hours; the last slice is cut at the end of the range.
SET client_min_messages = notice;
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-30 12:00', '1 day') AS run \gset
SET client_min_messages = warning;
SELECT wait_for_batch(:'run', '1 min');
SELECT cause, status, metadata -> 'backfill' AS slice, records_read, records_updated, watermark_before, watermark_after, batch = :'run' AS in_batch, id = root_run AS is_root
FROM pipeline_runs WHERE batch = :'run' ORDER BY start_time;
SELECT status, completed, total, failed FROM batch_status(:'run');
SELECT count(*) FILTER (WHERE val = 'new') AS new, count(*) FILTER (WHERE val = 'new' AND (at < '2026-03-28 00:00+01' OR at >= '2026-03-30 12:00+02')) AS outside FROM dst;
SELECT watermark FROM pipelines WHERE name = 'by key';
SELECT level, message FROM run_log(:'run') WHERE message ~ '^cursor|WHERE';
CALL run_pipeline('by key') \gset
SELECT records_read, records_processed, watermark_before = watermark_after AS stays FROM pipeline_runs WHERE id = :'run';

-- One slice fails, the others go on; it is retried alone.
UPDATE src SET val = 'third';
UPDATE src SET val = 'bad' WHERE id = 30;
ALTER TABLE dst ADD CHECK (val <> 'bad');
SELECT alter_pipeline('by key', options => '{"max_retries": 0}');
SELECT backfill_pipeline(id, '2026-03-27 00:00+00', '2026-03-30 00:00+00', '24 hours', newest_first => true) AS run FROM pipelines WHERE name = 'by key' \gset
SELECT wait_for_batch(:'run', '1 min');
SELECT status, metadata #>> '{backfill,from}' AS "from", records_processed, error_sqlstate FROM pipeline_runs WHERE batch = :'run' ORDER BY start_time;
SELECT status, completed, total, failed FROM batch_status(:'run');
UPDATE src SET val = 'good' WHERE id = 30;
SELECT retry_run(id) AS retry FROM pipeline_runs WHERE batch = :'run' AND status = 'failed' \gset
SELECT wait_for_run(:'retry', '1 min'), wait_for_batch(:'run', '1 min');
SELECT cause, attempt, status, metadata #>> '{backfill,from}' AS "from", records_processed FROM pipeline_runs WHERE id = :'retry';
SELECT val, count(*) FROM dst GROUP BY val ORDER BY val;

-- Other runs of the pipeline go between two slices, whatever they say about runs in the way.
CREATE TABLE numbers (n int, PRIMARY KEY (n));
INSERT INTO numbers SELECT generate_series(1, 10);
SELECT create_pipeline('slow', source_query => 'SELECT n.n FROM backfill.numbers n, pg_advisory_xact_lock_shared(77004)', destination_table => 'slow', key_columns => '{n}', cursor_column => 'n') \g /dev/null
SELECT pg_advisory_lock(77004);
SELECT backfill_pipeline('slow', '1', '10', '3') AS run \gset
DO $$
BEGIN
	FOR i IN 1..600 LOOP
		EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77004 AND NOT granted);
		PERFORM pg_sleep(0.05), pg_stat_clear_snapshot();
	END LOOP;
END $$;
SELECT trigger_pipeline('slow') AS live \gset
SELECT status FROM pipeline_runs WHERE id = :'live';
SELECT pg_advisory_unlock(77004);
SELECT wait_for_batch(:'run', '1 min'), wait_for_run(:'live', '1 min');
SELECT cause, status, metadata -> 'backfill' AS slice, records_read, records_processed FROM pipeline_runs WHERE pipeline_name = 'slow' ORDER BY start_time;

-- An append must not go beyond what it has loaded.
SELECT create_pipeline('log', source => 'backfill', source_table => 'backfill.numbers', destination_table => 'log', cursor_column => 'n') \g /dev/null
SELECT backfill_pipeline('log', '1', '5');
CALL run_pipeline('log') \g /dev/null
SELECT backfill_pipeline('log', '1', '11');
SELECT backfill_pipeline('log', '1', '4') AS run \gset
SELECT wait_for_batch(:'run', '1 min');
SELECT n, count(*) FROM log GROUP BY n HAVING count(*) > 1 ORDER BY n;
CALL run_pipeline('log') \gset
SELECT records_read, records_inserted FROM pipeline_runs WHERE id = :'run';
-- The lag is read again as well.
SELECT alter_pipeline('log', options => '{"lag": "2", "max_retries": 0}');
SELECT backfill_pipeline('log', '1', '10') AS run \gset
SELECT wait_for_batch(:'run', '1 min');
SELECT error_sqlstate, error_message, error_hint FROM pipeline_runs WHERE id = :'run';

-- What cannot be.
SET client_min_messages = notice;
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-28', '1 day');
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-29', '0 days');
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-29', '-1 day');
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-29', '1 microsecond');
SELECT backfill_pipeline('by key', '2026-03-28', 'tomorrow or so', '1 day');
SELECT backfill_pipeline('by key', '2026-03-28', '2026-03-29', '5');
SELECT backfill_pipeline('by key', NULL, '2026-03-29', '1 day');
SELECT backfill_pipeline('slow', '1', '1e9', '1');
SELECT backfill_pipeline('slow', '1', '10', '0');
SELECT backfill_pipeline('nobody''s', '1', '10', '1');
SELECT create_pipeline('no cursor', source_table => 'numbers', destination_table => 'other', load => 'replace') \g /dev/null
SELECT backfill_pipeline('no cursor', '1', '10', '1');
SELECT pause_pipeline('slow');
SELECT backfill_pipeline('slow', '1', '10', '1');
SELECT resume_pipeline('slow');
-- Of another type than the cursor: its run finds out.
SELECT backfill_pipeline('slow', '2026-01-01', '2026-01-02', '1 day') AS run \gset
SELECT wait_for_batch(:'run', '1 min');
SELECT error_sqlstate, error_message FROM pipeline_runs WHERE batch = :'run' LIMIT 1;
-- Rolled back, or stopped, nothing is made.
BEGIN;
SELECT backfill_pipeline('slow', '1', '10', '1') \g /dev/null
ROLLBACK;
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'slow' AND status = 'pending';
SELECT pg_advisory_lock(77004);
SELECT backfill_pipeline('slow', '1', '10', '3') AS run \gset
SELECT stop_pipeline('slow');
SELECT pg_advisory_unlock(77004);
SELECT wait_for_batch(:'run', '1 min');
SELECT count(*), count(DISTINCT status) FROM pipeline_runs WHERE batch = :'run';
SET client_min_messages = warning;
SELECT count(drop_pipeline(id, running => 'wait')) FROM pipelines WHERE name IN ('by key', 'slow', 'log', 'no cursor');
DROP SERVER backfill CASCADE;
DROP SCHEMA backfill CASCADE;
