-- Ten thousand pipelines triggered by one statement: all queued, all run, nothing left.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA bulk;
SET search_path = bulk, public;
CREATE TABLE src (a int);
CREATE TABLE dst (a int);
SELECT count(create_pipeline('bulk ' || i, source_table => 'src', destination_table => 'dst', load => 'append')) FROM generate_series(1, 10000) i;
-- What follows one of them is found without a look at the others.
SELECT create_pipeline('child', source_table => 'src', destination_table => 'dst', load => 'append', depends_on => '{bulk 1}') IS NOT NULL AS created;
BEGIN;
-- What a session counts goes back to when it last reported, which may be before this transaction.
SELECT idx_tup_fetch + seq_tup_read AS before FROM pg_stat_xact_user_tables WHERE relname = 'pipeline_definitions' \gset
SELECT count(*) FROM batch_nodes(trigger_pipeline('bulk 1'));
SELECT idx_tup_fetch + seq_tup_read - :before < 1000 AS few FROM pg_stat_xact_user_tables WHERE relname = 'pipeline_definitions';
ROLLBACK;
SELECT drop_pipeline('child');
-- Nor are the runs of the others read where the statistics know of no active one: they are of a moment before a bulk of runs, or
-- of one within its transaction.
SELECT create_pipeline('over', source_table => 'src', destination_table => 'dst', load => 'append') IS NOT NULL AS created;
CALL run_pipeline('over') \gset
ANALYZE sluice.pipeline_runs;
BEGIN;
SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) AS before FROM pg_index WHERE indrelid = 'sluice.pipeline_runs'::regclass \gset
SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM pipelines WHERE name LIKE 'bulk %0';
SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)) - :before < 10000 AS few FROM pg_index WHERE indrelid = 'sluice.pipeline_runs'::regclass;
ROLLBACK;
SELECT drop_pipeline('over');
BEGIN;
SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM pipelines WHERE name LIKE 'bulk %';
-- Again: each finds the first in its way.
SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM pipelines WHERE name LIKE 'bulk %';
SELECT status, count(*) FROM pipeline_runs WHERE pipeline_name LIKE 'bulk %' GROUP BY 1 ORDER BY 1;
ROLLBACK;
-- A part of them, so that the test ends soon.
SELECT count(trigger_pipeline(id, if_running => 'skip')) FROM pipelines WHERE name LIKE 'bulk %0';
DO $$
BEGIN
	FOR i IN 1..6000 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM pipeline_runs WHERE pipeline_name LIKE 'bulk %' AND status IN ('pending', 'running'));
		PERFORM pg_sleep(0.05);
	END LOOP;
END
$$;
SELECT status, count(*) FROM pipeline_runs WHERE pipeline_name LIKE 'bulk %' GROUP BY 1 ORDER BY 1;
SELECT count(*), count(DISTINCT id) FROM pipeline_status WHERE name LIKE 'bulk %';
SELECT count(pause_pipeline(id)) FROM pipelines WHERE name LIKE 'bulk %';
SELECT count(drop_pipeline(id)) FROM pipelines WHERE name LIKE 'bulk %';
SELECT count(*) FROM pipeline_runs WHERE pipeline_name LIKE 'bulk %';
DROP SCHEMA bulk CASCADE;
