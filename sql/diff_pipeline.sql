-- diff_pipeline: the source's rows beside those of the destination, by their keys.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA diff;
SET search_path = diff, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER diff FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER diff OPTIONS (user :'role');
CREATE TABLE src (id int, part text, amount numeric, PRIMARY KEY (id, part));
INSERT INTO src SELECT n, 'a', n FROM generate_series(1, 100) n;
SELECT create_pipeline('wire', source => 'diff', source_table => 'diff.src', destination_table => 'wire', key_columns => '{id, part}', options => '{"load_columns": true}') \g /dev/null
CREATE TABLE here (id int, part text, amount numeric, extra text DEFAULT 'here alone');
SELECT create_pipeline('diff here', source_table => 'src', destination_table => 'here', load => 'replace', columns => 'id, part, amount', filter => 'id > 10') \g /dev/null
SELECT create_pipeline('computed', source => 'diff', source_table => 'diff.src', destination_table => 'computed', key_columns => '{id}', columns => '1 AS id, sum(amount) AS total', load => 'merge') \g /dev/null
-- Before the first run there is nothing to compare with.
SELECT * FROM diff_pipeline('wire');
CALL run_pipeline('wire') \g /dev/null
CALL run_pipeline('diff here') \g /dev/null
CALL run_pipeline('computed') \g /dev/null
SELECT * FROM diff_pipeline('wire');
SELECT * FROM diff_pipeline('computed');
-- A table without key_columns is compared by its primary key.
SELECT * FROM diff_pipeline('diff here');
ALTER TABLE here ADD PRIMARY KEY (part, id);
SELECT * FROM diff_pipeline('diff here');

DELETE FROM wire WHERE id IN (3, 5, 7);
INSERT INTO wire (id, part, amount) VALUES (1, 'b', 1), (0, 'a', NULL);
UPDATE wire SET amount = 4.00 WHERE id = 4;
UPDATE wire SET amount = NULL WHERE id = 6;
SELECT * FROM diff_pipeline('wire');
SELECT kind, count, jsonb_array_length(samples) AS samples FROM diff_pipeline(:'role' || '/wire', 1);
SELECT kind, count, samples FROM diff_pipeline((SELECT id FROM pipelines WHERE name = 'wire'), samples => 0);
-- It wrote nothing, and a run makes up for what a merge can.
CALL run_pipeline('wire') \gset
SELECT records_inserted, records_updated FROM pipeline_runs WHERE id = :'run';
SELECT kind, count FROM diff_pipeline('wire');
INSERT INTO src VALUES (1000, 'c', 1);
UPDATE src SET amount = 0 WHERE id = 50;
SELECT kind, count, samples FROM diff_pipeline('computed');
SELECT kind, count, samples FROM diff_pipeline('diff here');

-- A table at another server is compared there, also by its primary key, and nothing is written there either.
SELECT create_pipeline('far', source_table => 'src', destination => 'diff', destination_table => 'diff.away', key_columns => '{part, id}', filter => 'id > 90', options => '{"load_columns": true}') \g /dev/null
SELECT diff_pipeline('far');
CREATE TYPE part AS ENUM ('a', 'b', 'c');
CREATE TABLE away (amount numeric, part part, id int, own text DEFAULT 'there alone', _run_id uuid, _loaded_at timestamptz, PRIMARY KEY (id, part));
INSERT INTO away SELECT amount, part::part, id FROM src WHERE id > 90 AND id <> 95;
INSERT INTO away VALUES (7, 'b', 96), (NULL, 'a', 5);
UPDATE away SET amount = 97.0 WHERE id = 97;
SELECT * FROM diff_pipeline('far');
SELECT kind, count, samples FROM diff_pipeline('far', 0);
SELECT alter_pipeline('far', reset => '{key_columns}', load => 'append', columns => 'id, part, (SELECT source.amount) AS amount');
SELECT kind, count, jsonb_array_length(samples) AS samples FROM diff_pipeline('far', 1);
ALTER TABLE away DROP CONSTRAINT away_pkey;
SELECT diff_pipeline('far');
SELECT relname FROM pg_class WHERE relname LIKE 'pg\_sluice\_staged%' OR relnamespace = 'diff'::regnamespace AND relname LIKE 'pg\_sluice%';

-- Rows that no run loads, because they have no value of the cursor: by each way of reading, computed row by row or over all, here and at another server.
CREATE TABLE seen (id int, kind text, at int);
INSERT INTO seen VALUES (1, 'a', 1), (2, 'b', 2), (3, 'never loaded', NULL), (4, 'loaded once', NULL), (NULL, 'no key', NULL);
CREATE TABLE met (id int PRIMARY KEY, kind text);
INSERT INTO met VALUES (1, 'a'), (2, 'other'), (4, 'loaded before'), (5, 'gone');
CREATE VIEW cursors AS SELECT * FROM (VALUES ('seen here', NULL::name, NULL::name, 'id, kind', NULL), ('seen there', 'diff', NULL, 'id, kind', 'kind <> ''x'''), ('seen by sql', 'diff', NULL, 'id, (SELECT kind) AS kind', NULL),
	('met there', NULL, 'diff', 'id, kind', NULL), ('both there', 'diff', 'diff', 'id, kind', NULL)) AS p (name, source, destination, columns, filter);
SELECT count(create_pipeline(p.name, source => p.source, source_table => 'diff.seen', destination => p.destination, destination_table => 'diff.met', key_columns => '{id}', cursor_column => 'at', load => 'merge', columns => p.columns,
	filter => p.filter, options => '{"on_null_cursor": "exclude"}')) FROM cursors AS p;
SELECT name, string_agg(kind || ' ' || count, ', ') FROM cursors, LATERAL diff_pipeline(name) GROUP BY name ORDER BY name;
SELECT kind, samples FROM diff_pipeline('seen there');
SELECT count(drop_pipeline(name)) FROM cursors;

-- What cannot be compared.
SELECT diff_pipeline('wire', -1);
SELECT diff_pipeline('no such');
SELECT create_pipeline('command', command => 'SELECT 1') \g /dev/null
SELECT diff_pipeline('command');
SELECT alter_pipeline('wire', columns => 'NULLIF(id, 9) AS id, part, amount');
SELECT diff_pipeline('wire');
SELECT alter_pipeline('wire', columns => 'id, amount');
SELECT diff_pipeline('wire');
-- As the owner alone, and nothing of theirs writes.
CREATE ROLE diff_owner LOGIN;
CREATE ROLE diff_other LOGIN;
SELECT allow_pipelines('diff_owner'), allow_pipelines('diff_other');
CREATE SCHEMA diff_own AUTHORIZATION diff_owner;
SET SESSION AUTHORIZATION diff_owner;
SET search_path = diff_own, public;
CREATE TABLE src AS SELECT 1 AS id;
CREATE TABLE dst (id int PRIMARY KEY);
CREATE SEQUENCE numbers;
SELECT create_pipeline('own', source_query => 'SELECT id, nextval(''diff_own.numbers'') AS n FROM diff_own.src', columns => 'id', destination_table => 'dst', load => 'append') \g /dev/null
SELECT diff_pipeline('own');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION diff_other;
SELECT diff_pipeline('diff_owner/own');
RESET SESSION AUTHORIZATION;
SELECT disallow_pipelines('diff_owner'), disallow_pipelines('diff_other');
SELECT count(drop_pipeline(id)) FROM pipelines WHERE name IN ('wire', 'diff here', 'computed', 'command', 'far', 'own');
DROP SERVER diff CASCADE;
DROP SCHEMA diff, diff_own CASCADE;
DROP OWNED BY diff_owner, diff_other;
DROP ROLE diff_owner, diff_other;
