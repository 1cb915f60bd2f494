-- No source server at all: a query of this database feeds a table, in the caller's own transaction.
CREATE EXTENSION pg_sluice;
\pset tuples_only on
\pset format unaligned

CREATE TABLE measurements (station int, taken_at timestamptz, value float8);
INSERT INTO measurements SELECT i % 3, timestamptz '2026-11-01 00:00+00' + i * interval '1 hour', i FROM generate_series(1, 72) i;

SELECT create_pipeline('station_days',
    source_query => 'SELECT station, (taken_at AT TIME ZONE ''UTC'')::date AS day, avg(value) AS average FROM measurements GROUP BY 1, 2',
    filter => 'station = (run_context() ->> ''station'')::int', destination_table => 'station_days') IS NOT NULL;

BEGIN;
CALL run_pipeline('station_days', '{"station": 1}') \gset
SELECT * FROM station_days ORDER BY day;
ROLLBACK;
-- The table, its rows and the run are gone: a run in a transaction lives and dies with it.
SELECT to_regclass('station_days') IS NULL, (SELECT count(*) FROM pipeline_runs);
