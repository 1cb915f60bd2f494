-- The option late_rows: what a run asks of its source, what it remembers beyond the watermark, and where it cannot ask.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_late_rows;
SET search_path = engine_late_rows, public;
SET timezone = 'UTC';
\set VERBOSITY terse
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_late_rows FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_late_rows OPTIONS (user :'role');
\set counts 'SELECT records_read AS read, records_inserted AS inserted, records_duplicate AS duplicate, watermark_after < \'2099-01-01\' AS held FROM pipeline_runs WHERE id = :''run'';'
\set told 'SELECT level, regexp_replace(message, ''\\d\\d\\d\\d-[-0-9]+( [0-9:.]+)?([+]00)?'', ''T'', ''g'') AS message FROM run_log(:''run'') WHERE message ~ ''^late rows'';'
\set differ '(TABLE dst EXCEPT ALL TABLE src) UNION ALL (TABLE src EXCEPT ALL TABLE dst);'

CREATE TABLE src (id int, at timestamptz);
CREATE TABLE dst (id int, at timestamptz);
-- Rows beyond the time of the reading are loaded, and known by the next run: the watermark is not.
INSERT INTO src SELECT i, '2026-01-01'::timestamptz + i * interval '1 hour' FROM generate_series(1, 10) AS i;
SELECT create_pipeline('late', source => 'engine_late_rows', source_table => 'engine_late_rows.src', destination_table => 'engine_late_rows.dst', cursor_column => 'at',
	options => '{"late_rows": "auto"}') \g /dev/null
CALL run_pipeline('late') \gset
:counts
:told
INSERT INTO src VALUES (11, '2099-01-01'), (11, '2099-01-01'), (12, '2099-01-02');
CALL run_pipeline('late') \gset
:counts
SELECT level, regexp_replace(message, '\d\d\d\d-[-0-9]+( [0-9:.]+)?([+]00)?', 'T', 'g') ~ '^late rows: the watermark does not pass T, .*; rows from there on are read again$' AS held
	FROM run_log(:'run') WHERE message ~ '^late';
SELECT s.watermark_rows ->> 'to' AS loaded_to, (SELECT sum(value::int) FROM jsonb_each_text(s.watermark_rows -> 'rows')) AS remembered
	FROM sluice.pipeline_state s JOIN pipelines p ON p.id = s.pipeline_id WHERE p.name = 'late';
-- Between the watermark and what is loaded.
INSERT INTO src VALUES (13, '2098-01-01'), (11, '2099-01-01');
CALL run_pipeline('late') \gset
:counts
CALL run_pipeline('late') \gset
:counts
:differ
SELECT line ~ 'rows from there on are read again' AS told FROM explain_pipeline('late') AS line WHERE line ~ 'late rows';
SELECT count(*) AS rows_to_come FROM preview_pipeline('late');
-- With lag alone from now on: what lies beyond the watermark stays known.
INSERT INTO src VALUES (14, '2098-01-02');
SELECT alter_pipeline('late', options => '{"late_rows": "lag"}');
CALL run_pipeline('late') \gset
:counts
:told
:differ
-- Set by hand: nothing is known.
SELECT set_watermark('late', '2098-01-01');
TRUNCATE dst;
DELETE FROM src WHERE at < '2098-01-01';
CALL run_pipeline('late') \gset
:counts
:differ
-- By keys nothing is remembered but how far rows are loaded: another load of the same pipeline goes on behind that.
SELECT reset_watermark('late');
DELETE FROM src WHERE id = 11;
TRUNCATE dst;
SELECT alter_pipeline('late', load => 'merge', key_columns => '{id}', options => '{"late_rows": "auto"}');
CALL run_pipeline('late') \gset
:counts
SELECT s.watermark_rows FROM sluice.pipeline_state s JOIN pipelines p ON p.id = s.pipeline_id WHERE p.name = 'late';
CALL run_pipeline('late') \gset
SELECT records_read, records_unchanged FROM pipeline_runs WHERE id = :'run';
SELECT alter_pipeline('late', load => 'append', reset => '{key_columns}');
INSERT INTO src VALUES (15, '2099-01-03');
CALL run_pipeline('late') \gset
:counts
:differ
INSERT INTO src VALUES (16, '2099-01-04');
CALL run_pipeline('late') \gset
:counts
:differ

-- Types: a timestamp in whatever zone it was written, a date.
CREATE TABLE stamps (id int, at timestamp, day date);
INSERT INTO stamps VALUES (1, localtimestamp, current_date), (2, '2099-01-01', '2099-01-01');
SELECT create_pipeline('by stamp', source => 'engine_late_rows', source_table => 'engine_late_rows.stamps', destination_table => 'by_stamp', cursor_column => 'at',
	timezone => 'Etc/GMT+12', options => '{"late_rows": "auto"}') \g /dev/null
SELECT create_pipeline('by day', source_table => 'engine_late_rows.stamps', destination_table => 'by_day', cursor_column => 'day', options => '{"late_rows": "auto"}') \g /dev/null
CALL run_pipeline('by stamp') \gset
SELECT now() AT TIME ZONE 'Etc/GMT+12' - watermark_after::timestamp BETWEEN '0' AND '1 minute' AS in_the_least_zone FROM pipeline_runs WHERE id = :'run';
CALL run_pipeline('by day') \gset
SELECT current_date - watermark_after::date BETWEEN 0 AND 1 AS today FROM pipeline_runs WHERE id = :'run';
-- With a lag as well.
SELECT alter_pipeline('by stamp', options => '{"lag": "1 hour"}');
CALL run_pipeline('by stamp') \gset
SELECT records_read, records_duplicate FROM pipeline_runs WHERE id = :'run';

-- Where that is not known.
\set told_all 'SELECT level, message FROM run_log(:''run'') WHERE message ~ ''^late rows'';'
CREATE TABLE numbers AS SELECT i AS id FROM generate_series(1, 3) AS i;
SELECT create_pipeline('by number', source_table => 'engine_late_rows.numbers', destination_table => 'by_number', cursor_column => 'id', options => '{"late_rows": "auto"}') \g /dev/null
CALL run_pipeline('by number') \gset
:told_all
SELECT alter_pipeline('by number', options => '{"lag": 2}');
CALL run_pipeline('by number') \gset
:told_all
CREATE ROLE late_reader LOGIN;
SELECT allow_pipelines('late_reader');
GRANT USAGE, CREATE ON SCHEMA engine_late_rows TO late_reader;
GRANT SELECT ON src TO late_reader;
GRANT TEMPORARY ON DATABASE :"DBNAME" TO late_reader;
\c - late_reader
SET search_path = engine_late_rows, public;
SET client_min_messages = warning;
SELECT create_pipeline('of a reader', source_table => 'engine_late_rows.src', destination_table => 'of_a_reader', cursor_column => 'at', options => '{"late_rows": "auto"}') \g /dev/null
CALL run_pipeline('of a reader') \gset
:told_all
SELECT verdict, message FROM validate_pipeline('of a reader') WHERE message ~ 'missed';
\c - :role
SET search_path = engine_late_rows, public;
SET client_min_messages = warning;
GRANT pg_read_all_stats TO late_reader;
SELECT verdict, message FROM validate_pipeline('late_reader/of a reader') WHERE message ~ 'missed';
-- track_activities keeps a session's transactions to itself.
SELECT alter_pipeline('late', options => '{"lag": null}');
SET track_activities = off;
SELECT verdict, message FROM validate_pipeline('late') WHERE message ~ 'missed';
RESET track_activities;
-- What validate_pipeline says of each.
SELECT verdict, message, hint FROM validate_pipeline('late') WHERE message ~ 'missed';
SELECT alter_pipeline('late', options => '{"late_rows": null}');
SELECT verdict, message FROM validate_pipeline('late') WHERE message ~ 'missed';
SELECT alter_pipeline('late', options => '{"lag": "1 hour"}');
SELECT verdict, message FROM validate_pipeline('late') WHERE message ~ 'missed';

-- xmin: what was written since the last run's snapshot is read again, wherever its cursor stands. Over a server, and of this database.
SELECT alter_pipeline('late', options => '{"lag": null}');
CREATE TABLE orders (id int PRIMARY KEY, at int, val text);
INSERT INTO orders SELECT i, i, 'v' || i FROM generate_series(1, 10) AS i;
SELECT count(create_pipeline(name, source => source, source_table => 'engine_late_rows.orders', destination_table => 'engine_late_rows.' || table_name, load => load, key_columns => '{id}', cursor_column => 'at',
	options => '{"late_rows": "xmin"}')) FROM (VALUES ('by xmin there', 'engine_late_rows'::name, 'orders_there', 'merge'), ('by xmin here', NULL, 'orders_here', 'merge'), ('by xmin versions', 'engine_late_rows', 'versions', 'history'))
	AS p (name, source, table_name, load);
CREATE PROCEDURE run_xmin(also text = '') LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	name text;
BEGIN
	FOREACH name IN ARRAY '{by xmin there,by xmin here,by xmin versions}'::text[] LOOP
		CALL run_pipeline(name, run => this_run);
		RAISE INFO '%: %', name, (SELECT format('%s read, inserted %s, updated %s, watermark %s', CASE WHEN records_read < 10 THEN 'few' ELSE 'all' END, records_inserted, records_updated, watermark_after) FROM pipeline_runs WHERE id = this_run);
		IF also <> '' THEN
			RAISE INFO '%', (SELECT string_agg(l.level || ': ' || regexp_replace(l.message, 'from \d+ on wrote', 'from N on wrote'), E'\n') FROM run_log(this_run) l WHERE l.message ~ also);
		END IF;
	END LOOP;
END $$;
\set same '(TABLE orders EXCEPT TABLE orders_there) UNION ALL (TABLE orders EXCEPT TABLE orders_here) UNION ALL (TABLE orders EXCEPT SELECT id, at, val FROM versions WHERE is_current);'
CALL run_xmin();
-- Behind the watermark: a new row, and one that has changed but for its cursor, both frozen in between. What has no cursor is left alone.
INSERT INTO orders VALUES (11, 3, 'late');
UPDATE orders SET val = 'changed' WHERE id = 4;
VACUUM (FREEZE) orders;
SELECT count(alter_pipeline(name, options => '{"on_null_cursor": "exclude"}')) FROM pipelines WHERE name LIKE 'by xmin %';
INSERT INTO orders VALUES (12, NULL, 'none');
CALL run_xmin('^(late rows|cursor)');
DELETE FROM orders WHERE id = 12;
:same
SELECT regexp_replace(line, $$age\('\d+'$$, $$age('N'$$) AS line FROM explain_pipeline('by xmin there') AS line WHERE line ~ 'xmin';
SELECT verdict, message FROM validate_pipeline('by xmin there') WHERE message ~ 'missed';
-- A prepared transaction is open until it is committed.
BEGIN;
INSERT INTO orders VALUES (13, 2, 'prepared');
PREPARE TRANSACTION 'engine_late_rows';
INSERT INTO orders VALUES (14, 20, 'new');
CALL run_xmin();
COMMIT PREPARED 'engine_late_rows';
VACUUM (FREEZE) orders;
CALL run_xmin();
:same
CALL run_xmin();
-- Set by hand it begins there; reset, with everything.
SELECT count(*) FROM pipelines, set_watermark(name, '15') WHERE name LIKE 'by xmin %';
CALL run_xmin('^late rows');
SELECT count(*) FROM pipelines, reset_watermark(name) WHERE name LIKE 'by xmin %';
CALL run_xmin('^late rows');
:same
-- Another cluster, and one that was restored.
CREATE PROCEDURE stored(what jsonb) LANGUAGE sql AS $$ UPDATE sluice.pipeline_state s SET watermark_rows = s.watermark_rows || what FROM pipelines p WHERE p.id = s.pipeline_id AND p.name LIKE 'by xmin %' $$;
SELECT count(*) AS runs, bool_and(s.watermark_rows ->> 'cluster' ~ '^\d+:\d+$' AND s.watermark_rows ? 'xmin') AS kept FROM sluice.pipeline_state s JOIN pipelines p ON p.id = s.pipeline_id WHERE p.name LIKE 'by xmin %';
CALL stored('{"cluster": "1:1"}');
CALL run_xmin('^(late rows|cursor: rows)');
CALL stored('{"xmin": "9000000000000"}');
CALL run_xmin('^late rows');
CALL stored(jsonb_build_object('cluster', '', 'xmin', txid_snapshot_xmin(txid_current_snapshot())::text));
CALL run_xmin('^late rows');
:same
-- Tables only, and all of a tree.
CREATE VIEW order_view AS TABLE orders;
CREATE TABLE parts (id int, at int, val text) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
INSERT INTO parts VALUES (1, 1, 'one');
SELECT alter_pipeline('by xmin there', source_table => 'engine_late_rows.order_view'), alter_pipeline('by xmin here', source_table => 'engine_late_rows.order_view');
CALL run_pipeline('by xmin there');
CALL run_pipeline('by xmin here');
SELECT alter_pipeline('by xmin there', source_table => 'engine_late_rows.parts'), alter_pipeline('by xmin here', source_table => 'engine_late_rows.parts');
CALL run_pipeline('by xmin there') \gset
CALL run_pipeline('by xmin here') \gset
UPDATE parts SET val = 'changed', at = 0;
CALL run_pipeline('by xmin there') \gset
CALL run_pipeline('by xmin here') \gset
SELECT (SELECT val FROM orders_there WHERE id = 1) AS there, (SELECT val FROM orders_here WHERE id = 1) AS here;
CREATE FOREIGN TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) SERVER engine_late_rows OPTIONS (table_name 'orders');
CALL run_pipeline('by xmin there');
CALL run_pipeline('by xmin here');
-- What it cannot be had with.
SELECT alter_pipeline('by xmin versions', options => '{"late_rows": "lag"}');
SELECT alter_pipeline('by xmin there', options => '{"commit_every": 100}');
SELECT alter_pipeline('late', options => '{"late_rows": "xmin"}');
SELECT alter_pipeline('by xmin there', source_query => 'TABLE engine_late_rows.orders', reset => '{source_table}');

SELECT count(drop_pipeline(id)) FROM pipelines WHERE name LIKE 'by %' OR name LIKE 'late%' OR name LIKE 'of a %';
DROP OWNED BY late_reader;
DROP ROLE late_reader;
DROP SERVER engine_late_rows CASCADE;
DROP SCHEMA engine_late_rows CASCADE;
