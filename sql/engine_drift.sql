-- A source that is no longer what the last load read fails the run where something would be lost; what is lossy from the start is told.
SET client_min_messages = notice;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_drift;
SET search_path = engine_drift, public;
\set log 'SELECT message FROM pipeline_log WHERE run = :''run'' AND level = ''warning'' ORDER BY line;'
CREATE TABLE src (id int, name text, amount numeric(10,2), unused text);
INSERT INTO src VALUES (1, 'a', 1.25, 'x');
CREATE TABLE dst (id int, name text, amount numeric(10,2), unused text);
SELECT create_pipeline('drift', source_table => 'src', destination_table => 'dst', load => 'replace') IS NOT NULL AS made;
CALL run_pipeline('drift') \gset
:log

-- a column is gone: fails, until it is back, has a value in columns, or that is accepted
ALTER TABLE src RENAME name TO label;
ALTER TABLE src DROP label;
CALL run_pipeline('drift');
SELECT name FROM dst;
SELECT * FROM explain_pipeline('drift') AS line WHERE line LIKE 'columns: %fails%';
SELECT alter_pipeline('drift', description => 'this accepts nothing');
CALL run_pipeline('drift');
SELECT alter_pipeline('drift', columns => '*, ''none'' AS name');
CALL run_pipeline('drift') \gset
SELECT * FROM dst;
SELECT alter_pipeline('drift', reset => '{columns}');
CALL run_pipeline('drift') \gset
SELECT * FROM dst;
CALL run_pipeline('drift') \gset

-- more digits than the column has: widened, cast, or accepted
ALTER TABLE src ALTER amount TYPE numeric(12,4);
UPDATE src SET amount = 1.2549;
CALL run_pipeline('drift');
ALTER TABLE dst ALTER amount TYPE numeric(12,4);
CALL run_pipeline('drift') \gset
:log
ALTER TABLE src ALTER amount TYPE numeric;
CALL run_pipeline('drift');
SELECT alter_pipeline('drift', columns => 'id, unused, amount::numeric(12,4) AS amount');
CALL run_pipeline('drift') \gset
:log
SELECT alter_pipeline('drift', reset => '{columns}');
CALL run_pipeline('drift') \gset
:log
SELECT * FROM explain_pipeline('drift') AS line WHERE line LIKE 'columns: %';

-- what columns does not use does not matter, nor what the destination does not have any more, nor what fits
SELECT alter_pipeline('drift', columns => 'id');
CALL run_pipeline('drift') \gset
ALTER TABLE src DROP unused, DROP amount;
CALL run_pipeline('drift') \gset
SELECT alter_pipeline('drift', reset => '{columns}');
ALTER TABLE src ADD extra int;
CALL run_pipeline('drift');
ALTER TABLE dst ADD extra int;
CALL run_pipeline('drift') \gset
ALTER TABLE src DROP extra;
ALTER TABLE dst DROP extra;
CALL run_pipeline('drift') \gset
ALTER TABLE src ALTER id TYPE smallint;
CALL run_pipeline('drift') \gset
ALTER TABLE src ALTER id TYPE bigint;
CALL run_pipeline('drift');

-- lossy from the start: told at create, in explain and in the log; a cast is consent
CREATE TABLE rough (id int, n int, at timestamp(0));
CREATE TABLE fine AS SELECT 1 AS id, 1.5 AS n, timestamp '2026-01-01 00:00:00.6' AS at;
SELECT create_pipeline('lossy', source_table => 'fine', destination_table => 'rough', load => 'replace') IS NOT NULL AS made;
SELECT * FROM explain_pipeline('lossy') AS line WHERE line LIKE 'columns: %';
CALL run_pipeline('lossy') \gset
:log
SELECT * FROM rough;
SELECT alter_pipeline('lossy', columns => 'id, n::int AS n, at::timestamp(0) AS at');
CALL run_pipeline('lossy') \gset
:log

-- what another wrapper reads drifts as a table here does
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER drift_loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER drift_loop OPTIONS (user :'role');
CREATE TABLE far_fine AS SELECT 1 AS id, 1.25::numeric(12,4) AS n, timestamp '2026-01-01 00:00:00' AS at, 'ab'::varchar(5) AS t;
CREATE FOREIGN TABLE wrapped (id int, n numeric(10,2), at timestamp(0), t varchar(3)) SERVER drift_loop OPTIONS (schema_name 'engine_drift', table_name 'far_fine');
CREATE TABLE unwrapped (id int, n numeric(10,2), at timestamp(0), t varchar(3));
SELECT create_pipeline('wrapped', source_table => 'wrapped', destination_table => 'unwrapped', load => 'replace') IS NOT NULL AS made;
CALL run_pipeline('wrapped') \gset
ALTER FOREIGN TABLE wrapped ALTER n TYPE numeric(12,4);
CALL run_pipeline('wrapped');
ALTER FOREIGN TABLE wrapped ALTER n TYPE numeric(10,2), ALTER at TYPE timestamp(3);
CALL run_pipeline('wrapped');
ALTER FOREIGN TABLE wrapped ALTER at TYPE timestamp(0), ALTER t TYPE varchar(5);
CALL run_pipeline('wrapped');
ALTER FOREIGN TABLE wrapped ALTER t TYPE varchar(3), DROP at;
CALL run_pipeline('wrapped');
TABLE unwrapped;

-- a type that the column cannot hold, and a column that it lacks: hints that drop nothing
CREATE TABLE narrow AS TABLE fine WITH NO DATA;
SELECT create_pipeline('narrow', source_table => 'fine', destination_table => 'narrow', load => 'replace') IS NOT NULL AS made;
ALTER TABLE narrow DROP n, DROP at;
CALL run_pipeline('narrow');

SET client_min_messages = warning;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_drift.%';
DROP SERVER drift_loop CASCADE;
DROP SCHEMA engine_drift CASCADE;
