-- A PostgreSQL source in front of every path: rows pass through, are projected, or are staged for SQL.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_remote;
SET search_path = engine_remote, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_remote_source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_remote_source OPTIONS (user :'role');
\set log 'SELECT level, message FROM pipeline_log WHERE run = :''run'' AND phase <> ''connecting'' ORDER BY line;'

CREATE TYPE feeling AS ENUM ('fine', 'sad');
CREATE TABLE src (id int, name varchar(20), amount numeric(12,3), at timestamptz, ok bool, data jsonb, mood feeling, big text);
INSERT INTO src SELECT i, 'name ' || i, i / 8.0, '2026-01-01 UTC'::timestamptz + i * interval '1 hour', i % 2 = 0,
	jsonb_build_object('i', i), CASE WHEN i % 3 = 0 THEN 'sad' ELSE 'fine' END::feeling, repeat('x', i % 5)
FROM generate_series(1, 3333) AS i;
INSERT INTO src DEFAULT VALUES;
CREATE FUNCTION pipe(name text, destination_table text, load text, columns text DEFAULT NULL, filter text DEFAULT NULL, source_query text DEFAULT NULL) RETURNS bool
LANGUAGE sql AS $$
	SELECT create_pipeline(name, source => 'engine_remote_source', source_table => CASE WHEN source_query IS NULL THEN 'engine_remote.src' END,
		source_query => source_query, destination_table => destination_table, load => load, columns => columns, filter => filter) IS NOT NULL
$$;

-- created, then replaced: the same rows, as they are
SELECT pipe('as_is', 'as_is', NULL);
CALL run_pipeline('as_is') \gset
:log
\d as_is
SELECT count(*), count(*) FILTER (WHERE t IS NULL) AS nulls, sum(id), sum(amount), bool_and(mood::text IN ('fine', 'sad')) FROM as_is AS t;
CALL run_pipeline('as_is') \gset
:log
SELECT count(*) FROM (SELECT id, name, amount, at, ok, data, mood::text, big FROM src EXCEPT SELECT id, name, amount, at, ok, data, mood::text, big FROM as_is) AS d;
SELECT status, records_read, records_processed, bytes_processed > 0 AS bytes, batches > 1 AS batches FROM pipeline_runs WHERE id = :'run';

-- the same bytes under other names and types pass through; an enum that travels as text is cast
CREATE TABLE alike (id int PRIMARY KEY, name text CHECK (name <> ''));
SELECT pipe('alike', 'alike', 'append', 'id, name', 'id IS NOT NULL');
CALL run_pipeline('alike') \gset
SELECT count(*), max(name) FROM alike;
CREATE TABLE moods (mood feeling, id bigint, day date);
SELECT pipe('moods', 'moods', 'replace', 'mood, id, at AS day');
CALL run_pipeline('moods') \gset
:log
SELECT mood, count(*), sum(id) FROM moods GROUP BY mood ORDER BY mood;
CREATE TABLE text_only (name text, id int);
SELECT pipe('renamed', 'text_only', 'append', NULL, NULL, 'SELECT name, id FROM engine_remote.src');
CALL run_pipeline('renamed') \gset
:log
SELECT count(*), max(name) FROM text_only;

CREATE TABLE checked (id bigint, name text CHECK (name <> 'name 5'));
ALTER TABLE checked ALTER id TYPE int;
SELECT pipe('checked', 'checked', 'append', NULL, NULL, 'SELECT id, name FROM engine_remote.src WHERE id > 5');
CALL run_pipeline('checked') \gset
:log
SELECT pipe('fails', 'checked', 'append', NULL, NULL, 'SELECT id, name FROM engine_remote.src WHERE id > 3 ORDER BY id');
CALL run_pipeline('fails') \gset
-- row by row
SELECT pipe('projected', 'projected', NULL, 'id * 2 AS twice, upper(name) AS name, data ->> ''i'' AS i, source.ok', 'ok AND id > 3000 -- the last');
CALL run_pipeline('projected') \gset
:log
SELECT count(*), sum(twice), max(name), max(i) FROM projected;
-- an expression that makes much of little stays within the batch's memory
SELECT pipe('blown', 'blown', NULL, 'id, repeat(name, 20000) AS name', 'id <= 300');
CALL run_pipeline('blown') \gset
SELECT count(*), sum(length(name)) FROM blown;
SELECT batches > 20 AS split FROM pipeline_runs WHERE id = :'run';
-- the whole row
SELECT pipe('whole', 'whole', NULL, 'id, to_jsonb(source) ->> ''mood'' AS mood', 'id < 4');
CALL run_pipeline('whole') \gset
SELECT * FROM whole ORDER BY id;

-- aggregates and subqueries: staged, whatever the destination is
SELECT pipe('summed', 'summed', NULL, 'count(*) AS n, sum(amount) AS amount, (SELECT max(id) FROM source) AS last, array_agg(DISTINCT mood) AS moods');
CALL run_pipeline('summed') \gset
:log
SELECT * FROM summed;
SELECT records_read, records_processed FROM pipeline_runs WHERE id = :'run';
SELECT pipe('ranked', 'ranked', NULL, 'id, rank() OVER (ORDER BY amount DESC) AS place', 'id <= 5');
CALL run_pipeline('ranked') \gset
SELECT * FROM ranked ORDER BY place;

-- destinations that want SQL
CREATE TABLE parted (id int, mood feeling) PARTITION BY LIST (mood);
CREATE TABLE parted_fine PARTITION OF parted FOR VALUES IN ('fine');
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
SELECT pipe('parted', 'parted', 'replace', 'id, mood');
CALL run_pipeline('parted') \gset
CALL run_pipeline('parted') \gset
:log
SELECT tableoid::regclass, count(*) FROM parted GROUP BY 1 ORDER BY 1;
SELECT status, records_read, records_processed FROM pipeline_runs WHERE id = :'run';

-- a value from the row in the way of each
SELECT pipe('by_zero', 'text_only', 'append', '10 / (id - 2000) AS id');
CALL run_pipeline('by_zero') \gset
SELECT pipe('null', 'alike', 'append', 'id, name', 'id IS NULL');
CALL run_pipeline('null') \gset
SELECT pipe('wide', 'wide', NULL, NULL, NULL, (SELECT 'SELECT ' || string_agg(format('%s AS c%s', i, i), ', ') || ' FROM generate_series(1, 1100)' FROM generate_series(1, 200) AS i));
CALL run_pipeline('wide') \gset
SELECT count(*), sum(c200) FROM wide;
SELECT pipe('zero', 'zero', NULL, NULL, NULL, 'SELECT FROM generate_series(1, 1100)');
CALL run_pipeline('zero') \gset
SELECT count(*) FROM zero;

SELECT line FROM explain_pipeline('projected') AS line WHERE line NOT LIKE 'source:%';
SELECT line FROM explain_pipeline('summed') AS line WHERE line NOT LIKE 'source:%';

SELECT count(drop_pipeline(id)) FROM pipelines WHERE source = 'engine_remote_source';
DROP SCHEMA engine_remote CASCADE;
DROP SERVER engine_remote_source CASCADE;
