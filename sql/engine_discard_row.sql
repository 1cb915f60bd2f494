-- on_new_column => discard_row: rows with a value in a column that the destination lacks are put aside, and the others are loaded.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_discard_row;
SET search_path = engine_discard_row, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_discard_row FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_discard_row OPTIONS (user :'role');
CREATE TABLE src (id int PRIMARY KEY, name text, at int);
INSERT INTO src SELECT i, 'name ' || i, i FROM generate_series(1, 3000) AS i;
CREATE VIEW counts AS SELECT pipeline_name AS name, status, records_read AS read, records_inserted AS inserted, records_updated AS updated, records_unchanged AS same,
	records_filtered AS filtered, records_duplicate AS duplicate, records_failed AS failed,
	CASE WHEN status = 'success' THEN records_read = records_inserted + records_updated + records_unchanged + records_duplicate + records_failed + records_filtered END AS adds_up
FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CREATE FUNCTION pipe(name text, source text, load text, options text DEFAULT '', columns text DEFAULT NULL, filter text DEFAULT NULL, key_columns text[] DEFAULT NULL, cursor_column text DEFAULT NULL)
	RETURNS bool LANGUAGE sql AS $$
	SELECT create_pipeline(name, source => source, source_table => 'engine_discard_row.src', destination_table => 'engine_discard_row.' || replace(name, ' ', '_'), load => load,
		columns => columns, filter => filter, key_columns => key_columns, cursor_column => cursor_column,
		options => ('{"on_new_column": "discard_row", "on_reject": "quarantine"' || options || '}')::jsonb) IS NOT NULL $$;
CREATE PROCEDURE load(name text) LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	status text;
BEGIN
	CALL trigger_and_wait(name, run => this_run, status => status, raise_error => false);
END $$;
\set last 'SELECT * FROM counts;'
\set why 'SELECT position, column_name, sqlstate, reason, original FROM rejected_rows WHERE pipeline = :''p'' ORDER BY position;'

-- without a place for the rows it is refused, when it is said and when it is run
SELECT create_pipeline('none', source_table => 'src', destination_table => 'none', options => '{"on_new_column": "discard_row"}');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('none', source => 'engine_discard_row', source_table => 'engine_discard_row.src', destination_table => 'none', options => '{"on_new_column": "discard_row"}');
SELECT pipe('here', NULL, 'append'), pipe('there', 'engine_discard_row', 'append');
SELECT alter_pipeline('here', options => '{"on_reject": null}');
SELECT alter_pipeline('here', options => '{"on_new_column": null, "on_reject": null}');
SELECT alter_pipeline('here', options => '{"on_new_column": "discard_row"}');
SELECT alter_pipeline('here', options => '{"on_new_column": "discard_row", "on_reject": "quarantine"}');
SELECT create_pipeline('none', source_table => 'src', destination_table => 'none', options => '{"on_missing_column": "discard_row"}');
UPDATE sluice.pipeline_definitions SET options = options - 'on_reject' WHERE name = 'here';
CALL run_pipeline('here');
SELECT explain_pipeline('here');
UPDATE sluice.pipeline_definitions SET options = options || '{"on_reject": "quarantine"}' WHERE name = 'here';

-- a created table has all columns; then one more comes
CALL load('here');
:last
CALL load('there');
:last
SELECT pipe('replaced here', NULL, 'replace'), pipe('replaced there', 'engine_discard_row', 'replace'), pipe('merged here', NULL, 'merge', key_columns => '{id}'),
	pipe('merged there', 'engine_discard_row', 'merge', key_columns => '{id}', cursor_column => 'at', filter => 'id <> 2900'),
	pipe('by cursor', 'engine_discard_row', 'append', cursor_column => 'at'), pipe('filtered', 'engine_discard_row', 'append', filter => 'pg_catalog.length(name) > 5 AND id % 2 = 0', columns => '*, id + 1 AS next'),
	pipe('filtered here', NULL, 'append', filter => 'id % 2 = 0', columns => '*, id + 1 AS next');
CALL load('replaced here');
CALL load('replaced there');
CALL load('merged here');
CALL load('merged there');
CALL load('by cursor');
CALL load('filtered');
CALL load('filtered here');
SELECT status, count(*), sum(records_inserted) AS inserted FROM pipeline_runs GROUP BY status;
ALTER TABLE src ADD note text, ADD more int;
UPDATE src SET note = 'a note', at = 4000 + id WHERE id IN (7, 1500, 2900);
UPDATE src SET more = 5, name = 'x', at = 5000 WHERE id = 1500;
UPDATE src SET name = 'changed', at = 6000 WHERE id = 8;
UPDATE src SET more = 1, at = 6001 WHERE id = 3000;
CLUSTER src USING src_pkey;
CALL load('here');
:last
\set p here
:why
SELECT DISTINCT hint FROM rejected_rows WHERE pipeline = 'here';
SELECT message FROM pipeline_log WHERE pipeline = 'here' AND message LIKE '%aside%' ORDER BY 1;
SELECT * FROM explain_pipeline('here') AS line WHERE line LIKE '%aside%';
SELECT * FROM validate_pipeline('here') WHERE message LIKE '%aside%';
SELECT p FROM preview_pipeline('there', 8) AS p WHERE p ? '_rejected';
CALL load('there');
:last
SELECT count(*) FROM rejected_rows a JOIN rejected_rows b USING (position, column_name, sqlstate, reason, original) WHERE a.pipeline = 'here' AND b.pipeline = 'there';
SELECT count(*) FROM here UNION ALL SELECT count(*) FROM there;
CALL load('replaced here');
:last
CALL load('replaced there');
:last
SELECT count(*), count(*) FILTER (WHERE id IN (7, 1500, 2900, 3000)) FROM replaced_here;
SELECT count(*), count(*) FILTER (WHERE id IN (7, 1500, 2900, 3000)) FROM replaced_there;
-- what the filter leaves out is not put aside
CALL load('filtered');
:last
CALL load('filtered here');
:last
SELECT count(*) FROM rejected_rows a JOIN rejected_rows b USING (column_name, sqlstate, reason, original) WHERE a.pipeline = 'filtered' AND b.pipeline = 'filtered here';
-- a row of a merge stays as it was
CALL load('merged here');
:last
CALL load('merged there');
:last
SELECT column_name, original ->> 'id' AS id FROM rejected_rows WHERE pipeline = 'merged there' ORDER BY id;
SELECT * FROM merged_there WHERE id IN (8, 1500) ORDER BY id;
-- by a cursor, what was put aside is not read again
CALL load('by cursor');
:last
CALL load('by cursor');
:last

-- once the destination has the column they are loaded; those that still do not fit stay
SELECT replay_rejects('here') AS run \gset
SELECT wait_for_run(:'run');
:last
ALTER TABLE here ADD note text;
SELECT replay_rejects('here') AS run \gset
SELECT wait_for_run(:'run');
:last
:why
SELECT id, note FROM here WHERE note IS NOT NULL ORDER BY id;
SELECT alter_pipeline('here', options => '{"on_new_column": "evolve"}');
SELECT replay_rejects('here') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT id, name, note, more FROM here WHERE more IS NOT NULL ORDER BY id;
SELECT count(*) FROM rejected_rows WHERE pipeline = 'here';
-- or without the values
SELECT alter_pipeline('there', options => '{"on_new_column": "discard_value"}');
SELECT replay_rejects('there') AS run \gset
SELECT wait_for_run(:'run');
:last
-- of a merge by a repair, beside what a replace has loaded by a replay
ALTER TABLE merged_there ADD note text, ADD more int;
SELECT repair_pipeline('merged there') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT * FROM merged_there WHERE id IN (7, 1500, 2900, 3000) ORDER BY id;
SELECT count(*) FROM rejected_rows WHERE pipeline = 'merged there';
ALTER TABLE replaced_there ADD note text, ADD more int;
SELECT replay_rejects('replaced there') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT count(*) FROM replaced_there;
-- a repair that puts nothing aside stops at the new column
SELECT repair_pipeline('replaced here') AS run \gset
SELECT wait_for_run(:'run');
SELECT error_message FROM pipeline_runs WHERE id = :'run';
ALTER TABLE replaced_here ADD note text, ADD more int;
SELECT repair_pipeline('replaced here') AS run \gset
SELECT wait_for_run(:'run');
:last

-- a first run into a table that is there; what is left out on purpose is not new, what columns names must be there
CREATE TABLE narrow (id int);
SELECT pipe('narrow', 'engine_discard_row', 'append', ', "max_rejects": 4, "exclude_columns": ["name", "at"]');
CALL load('narrow');
:last
SELECT alter_pipeline('narrow', options => '{"max_rejects": 3}');
CALL load('narrow');
:last
SELECT error_message, error_sqlstate FROM pipeline_runs ORDER BY id DESC LIMIT 1;
SELECT count(*) FROM narrow;
SELECT alter_pipeline('narrow', columns => 'id', options => '{"exclude_columns": null}');
CALL load('narrow');
:last
SELECT alter_pipeline('narrow', columns => 'id, note');
CALL load('narrow');
SELECT error_message, error_sqlstate FROM pipeline_runs ORDER BY id DESC LIMIT 1;
-- under another name, as another type
CREATE TABLE cased (id int);
SELECT create_pipeline('cased', source => 'engine_discard_row', source_query => 'SELECT id, CASE WHEN id > 2998 THEN 7 END AS "Upper" FROM engine_discard_row.src', destination_table => 'engine_discard_row.cased', load => 'append',
	options => '{"on_new_column": "discard_row", "on_reject": "quarantine", "column_case": "snake", "column_types": {"upper": "text"}}') IS NOT NULL AS made;
CALL load('cased');
:last
SELECT reason, original FROM rejected_rows WHERE pipeline = 'cased' ORDER BY position;

-- a type that has changed: rows whose values do not fit as they are
CREATE TABLE typed (id int PRIMARY KEY, amount numeric(10,2), n int);
INSERT INTO typed SELECT i, i, i FROM generate_series(1, 2000) AS i;
SELECT create_pipeline('typed', source => 'engine_discard_row', source_table => 'engine_discard_row.typed', destination_table => 'engine_discard_row.typed_here', load => 'replace',
	options => '{"on_reject": "quarantine"}') IS NOT NULL AS made;
CALL load('typed');
:last
ALTER TABLE typed ALTER amount TYPE numeric(12,4), ALTER n TYPE bigint;
UPDATE typed SET amount = 1.2345 WHERE id = 1000;
UPDATE typed SET n = 10000000000 WHERE id = 2000;
CLUSTER typed USING typed_pkey;
CALL load('typed');
SELECT error_message, error_sqlstate FROM pipeline_runs ORDER BY id DESC LIMIT 1;
SELECT alter_pipeline('typed', options => '{"on_changed_type": "discard_row"}');
SELECT alter_pipeline('typed', options => '{"on_changed_type": "discard_row", "on_loss": "fail"}');
SELECT alter_pipeline('typed', options => '{"on_changed_type": "discard_row", "on_loss": "fail", "on_reject": "fail"}');
CALL load('typed');
:last
SELECT position, column_name, sqlstate, reason, original FROM rejected_rows WHERE pipeline = 'typed' ORDER BY position;
SELECT message FROM pipeline_log WHERE pipeline = 'typed' AND message LIKE '%on_changed_type%' ORDER BY 1;
CALL load('typed');
:last
ALTER TABLE typed_here ALTER amount TYPE numeric, ALTER n TYPE bigint;
SELECT replay_rejects('typed') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT count(*) FROM (TABLE typed EXCEPT TABLE typed_here) AS d;

SET client_min_messages = error;
SELECT count(drop_pipeline(id)) > 0 FROM pipelines WHERE destination_table LIKE 'engine_discard_row.%';
DROP SCHEMA engine_discard_row CASCADE;
DROP SERVER engine_discard_row CASCADE;
