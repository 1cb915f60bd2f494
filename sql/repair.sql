-- repair_pipeline: a run that writes what diff_pipeline tells, and nothing else.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA repair;
SET search_path = repair, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER repair FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER repair OPTIONS (user :'role');
CREATE TABLE src (id int, t text, at int);
INSERT INTO src SELECT n, 'row ' || n, n FROM generate_series(1, 100) n;
CREATE FUNCTION differences(name text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(kind || ' ' || count, ', ') FROM diff_pipeline(name) $$;
-- Repairs by a worker, and tells what came of it.
CREATE PROCEDURE repair(name text, delete_extra bool DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	run uuid;
	ended record;
BEGIN
	run := CASE WHEN delete_extra IS NULL THEN repair_pipeline(name) ELSE repair_pipeline(name, delete_extra) END;
	COMMIT;
	PERFORM wait_for_run(run, '1 min');
	SELECT * INTO ended FROM pipeline_runs WHERE id = run;
	RAISE INFO '%: %', ended.cause, CASE ended.status WHEN 'success' THEN format('read %s, inserted %s, updated %s, deleted %s, unchanged %s', ended.records_read,
		ended.records_inserted, ended.records_updated, ended.records_deleted, ended.records_unchanged) ELSE concat_ws(' ', ended.error_sqlstate, ended.error_message) END;
END $$;
\set log 'SELECT message FROM pipeline_log WHERE run = (SELECT id FROM pipeline_runs ORDER BY id DESC LIMIT 1) AND message ~ ''^(repair|cursor|path|guards|merge|mirror)'' ORDER BY line;'

-- Behind the watermark: what came late, was lost or was changed. It stays where it is, and what only the destination has as well.
SELECT create_pipeline('merge', source => 'repair', source_table => 'repair.src', destination_table => 'merged', key_columns => '{id}', cursor_column => 'at') \g /dev/null
CALL run_pipeline('merge') \g /dev/null
INSERT INTO src VALUES (200, 'late', 50), (201, 'new', 150), (202, 'without', NULL);
SELECT alter_pipeline('merge', options => '{"on_null_cursor": "include"}');
DELETE FROM merged WHERE id IN (3, 4);
UPDATE merged SET t = 'other' WHERE id = 5;
INSERT INTO merged VALUES (300, 'extra', 1);
SELECT differences('merge');
CALL repair('merge');
:log
SELECT differences('merge'), (SELECT watermark FROM pipelines WHERE name = 'merge');
CALL run_pipeline('merge') \gset
SELECT records_read, records_processed, records_unchanged FROM pipeline_runs WHERE id = :'run';
CALL repair('merge', true);
:log
SELECT differences('merge');
-- Rows that runs leave out are left out.
SELECT alter_pipeline('merge', options => '{"on_null_cursor": "exclude"}');
DELETE FROM merged WHERE id IN (202, 7);
INSERT INTO src VALUES (203, 'without', NULL), (204, 'one', NULL), (204, 'other', NULL), (NULL, 'no key', NULL);
INSERT INTO merged VALUES (203, 'was loaded once', NULL), (301, 'extra', 1);
SELECT differences('merge');
CALL repair('merge');
CALL repair('merge', true);
:log
SELECT differences('merge');
SELECT * FROM merged WHERE id > 201 ORDER BY id;
SELECT records_read = records_unchanged + records_filtered AS adds_up, records_filtered FROM pipeline_runs ORDER BY id DESC LIMIT 1;
-- of rows of one key, the one that has a value counts
UPDATE src SET at = NULL WHERE id = 9;
INSERT INTO src VALUES (9, 'newer', 170);
SELECT differences('merge');
CALL repair('merge', true);
SELECT * FROM merged WHERE id = 9;
DELETE FROM src WHERE id = 9 OR id IS NULL OR id > 202;
INSERT INTO src VALUES (9, 'row 9', 9);
UPDATE merged SET t = 'row 9', at = 9 WHERE id = 9;
DELETE FROM merged WHERE id = 203;
-- Of a log of changes the last one counts.
INSERT INTO src VALUES (8, 'newer', 160), (8, 'older', 20);
DELETE FROM merged WHERE id = 8;
CALL repair('merge');
SELECT * FROM merged WHERE id = 8;
DELETE FROM src WHERE t = 'older';

-- Any load into a table with a primary key.
CREATE TABLE appended (id int PRIMARY KEY, t text, at int);
SELECT create_pipeline('append', source_query => 'SELECT * FROM repair.src WHERE at <= 100 AND id <= 100', destination_table => 'appended', load => 'append') \g /dev/null
CREATE TABLE replaced (LIKE appended INCLUDING ALL);
SELECT create_pipeline('replace', source => 'repair', source_table => 'repair.src', filter => 'at <= 100 AND id <= 100', destination_table => 'replaced', load => 'replace') \g /dev/null
CALL run_pipeline('append') \g /dev/null
CALL run_pipeline('replace') \g /dev/null
DELETE FROM appended WHERE id > 90;
UPDATE replaced SET t = upper(t) WHERE id < 10;
CALL repair('append');
CALL repair('replace');
SELECT differences('append'), differences('replace');

-- The guards of a mirror, and what other pipelines load, are as safe as with a mirror; a retry is a repair, too.
SELECT alter_pipeline('append', options => '{"max_deletes": 1}');
INSERT INTO appended VALUES (400, 'extra', 1), (401, 'extra', 1);
CALL repair('append', true);
SELECT alter_pipeline('append', options => '{"max_deletes": 2}');
SELECT retry_run(id) AS run FROM pipeline_runs WHERE pipeline_name = 'append' ORDER BY id DESC LIMIT 1 \gset
SELECT wait_for_run(:'run', '1 min');
SELECT cause, records_deleted, records_unchanged FROM pipeline_runs WHERE id = :'run';
SELECT alter_pipeline('append', source_query => 'SELECT * FROM repair.src WHERE false');
CALL repair('append');
CALL repair('append', true);
SELECT create_pipeline('beside', source_table => 'src', destination_table => 'appended', load => 'append') \g /dev/null
CALL repair('append', true);

-- Into a table at another server, by its primary key.
SELECT create_pipeline('far', source_query => 'SELECT * FROM repair.src WHERE id <= 100 AND at <= 100', destination => 'repair', destination_table => 'repair.away', load => 'append') \g /dev/null
CALL repair('far');
CREATE TABLE away (LIKE appended INCLUDING ALL);
INSERT INTO away SELECT id, t, at + id % 2 FROM src WHERE id BETWEEN 50 AND 60 AND at <= 100;
INSERT INTO away VALUES (400, 'extra', 1);
SELECT differences('far');
CALL repair('far');
:log
SELECT differences('far');
CALL repair('far', true);
SELECT differences('far');
SELECT alter_pipeline('far', load => 'merge', key_columns => '{id}', cursor_column => 'at');
UPDATE away SET t = 'other' WHERE id = 70;
CALL repair('far');
SELECT differences('far'), (SELECT watermark FROM pipelines WHERE name = 'far');
SELECT alter_pipeline('far', source_query => 'SELECT id, t, NULLIF(at, 77) AS at FROM repair.src WHERE id <= 100 AND at <= 100', options => '{"on_null_cursor": "exclude"}');
UPDATE away SET t = 'left alone' WHERE id = 77;
DELETE FROM away WHERE id = 78;
SELECT differences('far');
CALL repair('far', true);
SELECT differences('far'), (SELECT t FROM away WHERE id = 77);

-- What cannot be repaired.
SELECT repair_pipeline('no such');
SELECT create_pipeline('command', command => 'SELECT 1') \g /dev/null
SELECT repair_pipeline('command');
SELECT create_pipeline('by cursor', source_table => 'src', destination_table => 'by_cursor', cursor_column => 'at') \g /dev/null
SELECT repair_pipeline('by cursor');
SELECT create_pipeline('mirror', source_table => 'src', destination_table => 'mirrored', load => 'mirror', key_columns => '{id}') \g /dev/null
SELECT repair_pipeline('mirror');
SELECT alter_pipeline('merge', options => '{"transform": "SELECT * FROM source"}');
SELECT repair_pipeline('merge');
SELECT create_pipeline('keyless', source_table => 'src', destination_table => 'keyless', load => 'append') \g /dev/null
CALL repair('keyless');
CREATE TABLE keyless (id int, t text, at int);
CALL repair('keyless');

SELECT count(drop_pipeline(id)) FROM pipelines WHERE name IN ('merge', 'append', 'replace', 'beside', 'command', 'far', 'by cursor', 'mirror', 'keyless');
DROP SERVER repair CASCADE;
DROP SCHEMA repair CASCADE;
