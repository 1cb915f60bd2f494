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

SELECT count(drop_pipeline(id)) FROM pipelines WHERE name LIKE 'by %' OR name LIKE 'late%' OR name LIKE 'of a %';
DROP OWNED BY late_reader;
DROP ROLE late_reader;
DROP SERVER engine_late_rows CASCADE;
DROP SCHEMA engine_late_rows CASCADE;
