-- Rows that do not fit: the run fails and names the first, or they are put aside and the others are loaded.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_reject;
SET search_path = engine_reject, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_reject FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_reject OPTIONS (user :'role');
CREATE TABLE src AS SELECT i AS id, CASE WHEN i % 1000 = 7 THEN 'n/a' ELSE i::text END AS amount, 'name ' || i AS name, i % 2500 AS kind
FROM generate_series(1, 5000) AS i;
CREATE DOMAIN small AS int CHECK (VALUE < 2400);
CREATE VIEW counts AS SELECT pipeline_name AS name, status, records_read AS read, records_processed AS processed, records_inserted AS inserted,
	records_filtered AS filtered, records_duplicate AS duplicate, records_failed AS failed,
	CASE WHEN status = 'success' THEN records_read = records_inserted + records_updated + records_unchanged + records_duplicate + records_failed + records_filtered END AS adds_up
FROM pipeline_runs ORDER BY id DESC LIMIT 1;
-- Loads once by a worker, and shows what came of it.
CREATE PROCEDURE load(name text, source text, destination_table text, columns text DEFAULT NULL, filter text DEFAULT NULL, load text DEFAULT 'append',
	options jsonb DEFAULT '{"on_reject": "quarantine"}', cursor_column text DEFAULT NULL, source_query text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	status text;
BEGIN
	PERFORM create_pipeline(name, source => source::name, source_table => CASE WHEN source_query IS NULL THEN 'engine_reject.src' END, source_query => source_query,
		destination_table => destination_table, load => load, columns => columns, filter => filter, options => options, cursor_column => cursor_column);
	COMMIT;
	CALL trigger_and_wait(name, run => this_run, status => status, raise_error => false);
END $$;
\set last 'SELECT * FROM counts;'
\set why 'SELECT position, column_name, sqlstate, reason, detail, original FROM rejected_rows WHERE pipeline = :''p'' ORDER BY position;'

-- 'fail' names the row and the column, whoever reads it
CREATE TABLE numbers (id int, amount int, name text, kind int);
CALL load('fail here', NULL, 'numbers', 'id, amount::int AS amount, name, kind', options => '{}');
:last
SELECT error_message, error_context FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CALL load('fail there', 'engine_reject', 'numbers', 'id, amount::int AS amount, name, kind', options => '{}');
:last
SELECT error_message, error_context FROM pipeline_runs ORDER BY id DESC LIMIT 1;

-- conversions, from here and over the wire: the same rows are put aside
CALL load('here', NULL, 'numbers', 'id, amount::int AS amount, name, kind', filter => 'id > 10');
:last
\set p here
:why
CALL load('there', 'engine_reject', 'numbers', 'id, amount::int AS amount, name, kind', filter => 'id > 10');
:last
SELECT count(*) FROM rejected_rows WHERE pipeline = 'there';
SELECT count(*), count(DISTINCT id), sum(amount) FROM numbers;
SELECT message FROM pipeline_log WHERE pipeline = 'there' AND message LIKE '%quarantine%';

-- too long, out of range, NULL, CHECK, a domain; each row with its reason, and all of them by one load
CREATE TABLE strict (id int NOT NULL, name varchar(9), kind smallint, part small, total int GENERATED ALWAYS AS (kind * 2) STORED, CHECK (id % 1111 <> 0));
CALL load('strict', 'engine_reject', 'strict', 'CASE WHEN id <> 3 THEN id END AS id, CASE id WHEN 4 THEN ''much too long'' ELSE name END AS name,
	CASE id WHEN 5 THEN 100000 ELSE kind END AS kind, CASE WHEN id = 6 THEN 2450 ELSE 1 END AS part', filter => 'id < 3000');
:last
\set p strict
:why
SELECT count(*), sum(total) FROM strict;

-- unique and exclusion constraints: rows that are there, rows of the same load, several indexes
CREATE TABLE keyed (id int PRIMARY KEY, kind int UNIQUE, name text, span int4range, EXCLUDE USING gist (span WITH &&));
INSERT INTO keyed VALUES (17, -1, 'was there', '[-1,0)');
CALL load('keyed', 'engine_reject', 'keyed', 'id, kind, name, int4range(kind * 10, kind * 10 + CASE kind WHEN 20 THEN 11 ELSE 5 END) AS span',
	filter => 'id <= 2510', options => '{"on_reject": "quarantine", "max_rejects": 20}');
:last
\set p keyed
:why
SELECT count(*), count(DISTINCT kind) FROM keyed;
SET enable_seqscan = off;
SELECT count(*) FROM keyed WHERE id BETWEEN 1 AND 30;
RESET enable_seqscan;

-- an empty table with indexes, a replace, a created table
CREATE TABLE fresh (id int, kind int UNIQUE);
CALL load('fresh', 'engine_reject', 'fresh', 'id, kind', options => '{"on_reject": "quarantine", "max_rejects": "60%"}');
:last
SELECT alter_pipeline('fresh', load => 'replace');
CALL trigger_and_wait('fresh', NULL, NULL) \gset
:last
SELECT message FROM pipeline_log WHERE run = :'run' AND message LIKE 'path:%';
SELECT count(*) FROM fresh;
CREATE TABLE swapped (id int, amount numeric(6,1));
CALL load('swapped', 'engine_reject', 'swapped', 'id, amount::numeric AS amount', load => 'replace');
:last
CALL load('made', 'engine_reject', 'made', 'id, amount::int AS amount', load => NULL);
:last
SELECT count(*) FROM made;
CALL load('made here', NULL, 'made_here', 'id, amount::int AS amount', load => NULL);
:last

-- too many: the run fails, nothing is loaded, and the first rows stay for who looks
TRUNCATE numbers;
CALL load('too many', 'engine_reject', 'numbers', 'id, amount::int AS amount, name, kind', options => '{"on_reject": "quarantine", "max_rejects": 3}');
:last
SELECT error_message, error_sqlstate, error_hint FROM pipeline_runs ORDER BY id DESC LIMIT 1;
CALL load('too much', NULL, 'numbers', 'id, amount::int AS amount, name, kind', options => '{"on_reject": "quarantine", "max_rejects": "0.05%"}');
:last
SELECT error_message FROM pipeline_runs ORDER BY id DESC LIMIT 1;
SELECT pipeline, count(*), bool_and(is_lost) AS is_lost FROM rejected_rows WHERE pipeline LIKE 'too %' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM numbers;

-- thousands of them, in bounded memory
CALL load('thousands', 'engine_reject', 'numbers', 'id, (amount || CASE WHEN id % 2 = 0 THEN ''x'' ELSE '''' END)::int AS amount', options => '{"on_reject": "quarantine", "max_rejects": 10000}');
:last
SELECT count(*), count(DISTINCT position), min(position), max(position) FROM rejected_rows WHERE pipeline = 'thousands';

-- by a cursor: what was put aside is not put aside again
CREATE TABLE incoming (id int, kind int);
CALL load('cursor', 'engine_reject', 'incoming', 'id, CASE WHEN id IN (4000, 5000) THEN ''x'' ELSE ''1'' END::text::int AS kind', cursor_column => 'id');
:last
CALL trigger_and_wait('cursor', NULL, NULL) \gset
:last
INSERT INTO src VALUES (5001, '1', 'new', 1);
CALL trigger_and_wait('cursor', NULL, NULL) \gset
:last
SELECT position, original ->> 'id' AS id FROM rejected_rows WHERE pipeline = 'cursor' ORDER BY 2;
CALL load('cursor here', NULL, 'incoming', 'id, CASE WHEN id IN (4000, 5001) THEN ''x'' ELSE ''1'' END::text::int AS kind', cursor_column => 'id');
:last
CALL trigger_and_wait('cursor here', NULL, NULL) \gset
:last
DELETE FROM src WHERE id = 5001;

-- once the cause is mended they are loaded; those that still do not fit stay, with the reason as it is now
SELECT count(*) FROM strict;
SELECT alter_pipeline('strict', columns => 'coalesce(nullif(id, 3), -3) AS id, CASE id WHEN 4 THEN ''much too long'' ELSE name END AS name, kind, 1 AS part');
SELECT replay_rejects('strict') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT position, column_name, reason, run = :'run' AS of_replay FROM rejected_rows WHERE pipeline = 'strict' ORDER BY position;
SELECT count(*), count(*) FILTER (WHERE id IN (-3, 5, 6)) AS replayed FROM strict;
ALTER TABLE strict DROP CONSTRAINT strict_id_check, ALTER name TYPE varchar(20);
SELECT replay_rejects('strict') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT count(*) FROM rejected_rows WHERE pipeline = 'strict';
SELECT replay_rejects('strict') IS NULL AS nothing;
-- of what is here, by a cursor: the watermark stays
SELECT watermark FROM pipelines WHERE name = 'cursor here';
SELECT alter_pipeline('cursor here', columns => 'id, 1 AS kind');
SELECT replay_rejects('cursor here') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT watermark, cause FROM pipelines p JOIN pipeline_runs r ON r.pipeline_id = p.id AND r.id = :'run' WHERE name = 'cursor here';
SELECT id, kind FROM incoming WHERE id IN (4000, 5001) ORDER BY 1, 2;
-- beside what a replace has loaded, which forgets those of runs before
SELECT count(*), count(DISTINCT run) FROM rejected_rows WHERE pipeline = 'fresh';
ALTER TABLE fresh DROP CONSTRAINT fresh_kind_key;
SELECT replay_rejects('fresh') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT count(*), count(DISTINCT id) FROM fresh;
-- many of them, a filter, and one that is renamed there meanwhile
SELECT alter_pipeline('thousands', columns => 'id, id AS amount', filter => 'id > 100');
SELECT replay_rejects('thousands') AS run \gset
SELECT wait_for_run(:'run');
:last
SELECT count(*) FROM rejected_rows WHERE pipeline = 'thousands';

-- a merge: conversions, NULL keys, NOT NULL and CHECK; a row whose new version does not fit stays as it was
CREATE TABLE changes (id int, amount text, name text, at int);
INSERT INTO changes SELECT i, i::text, 'name ' || i, i FROM generate_series(1, 3000) AS i;
CREATE TABLE merged (id int PRIMARY KEY, amount int CONSTRAINT not_much CHECK (amount < 10000) NO INHERIT, name varchar(9) NOT NULL, more text DEFAULT 'kept');
CREATE TABLE merged_here (LIKE merged INCLUDING ALL);
SELECT create_pipeline('merge', source => 'engine_reject', source_table => 'engine_reject.changes', destination_table => 'merged', key_columns => '{id}',
	cursor_column => 'at', columns => 'id, amount::int AS amount, name', filter => 'id IS DISTINCT FROM 2000', options => '{"on_reject": "quarantine"}') IS NOT NULL AS ok;
SELECT create_pipeline('merge here', source_table => 'changes', destination_table => 'merged_here', key_columns => '{id}',
	cursor_column => 'at', columns => 'id, amount::int AS amount, name', filter => 'id IS DISTINCT FROM 2000', options => '{"on_reject": "quarantine"}') IS NOT NULL AS ok;
CALL trigger_and_wait('merge') \g /dev/null
:last
CALL trigger_and_wait('merge here') \g /dev/null
:last
UPDATE changes SET amount = 'n/a', at = 4000 WHERE id = 1;
UPDATE changes SET amount = 10000, at = 4001 WHERE id = 2;
UPDATE changes SET name = NULL, at = 4002 WHERE id = 3;
UPDATE changes SET name = 'much too long', at = 4003 WHERE id = 4;
UPDATE changes SET name = 'new', at = 4004 WHERE id = 5;
INSERT INTO changes VALUES (NULL, '1', 'no key', 4005), (6, 'older', 'older', 4006), (6, '6', 'newer', 4007), (3001, '3001', 'inserted', 4008), (2000, 'n/a', 'left out', 4009);
CALL trigger_and_wait('merge') \g /dev/null
:last
CALL trigger_and_wait('merge here') \g /dev/null
:last
SELECT column_name, sqlstate, reason, detail, original FROM rejected_rows WHERE pipeline = 'merge' ORDER BY original ->> 'id', original ->> 'name';
SELECT count(*) FROM rejected_rows a JOIN rejected_rows b USING (sqlstate, original) WHERE a.pipeline = 'merge' AND b.pipeline = 'merge here';
SELECT * FROM merged WHERE id < 7 OR id > 3000 ORDER BY id;
SELECT count(*) FROM (TABLE merged EXCEPT TABLE merged_here) AS d;
SELECT message FROM pipeline_log WHERE run = (SELECT run FROM rejected_rows WHERE pipeline = 'merge' LIMIT 1) AND message ~ '^(path|rejects|[0-9]+ rows loaded)' ORDER BY line;
-- What came later may be newer, so they are not replayed: the source is compared once more.
UPDATE changes SET amount = '1', at = 1 WHERE id = 1;
UPDATE changes SET amount = '7', at = 2 WHERE id = 2;
SELECT replay_rejects('merge');
SELECT repair_pipeline('merge') AS run \gset
SELECT wait_for_run(:'run', '1 min');
:last
SELECT reason FROM rejected_rows WHERE pipeline = 'merge' ORDER BY original ->> 'id', original ->> 'name';
SELECT id, amount FROM merged WHERE id < 3 ORDER BY id;

-- in the caller's transaction
BEGIN;
SELECT create_pipeline('in here', source_table => 'src', destination_table => 'numbers', load => 'append', columns => 'id, amount::int AS amount',
	options => '{"on_reject": "quarantine"}') IS NOT NULL AS made;
CALL run_pipeline('in here') \gset
:last
SELECT count(*) FROM rejected_rows WHERE pipeline = 'in here';
ROLLBACK;
SELECT count(*) FROM rejected_rows WHERE pipeline = 'in here';

-- what it cannot do is refused
\set make 'SELECT create_pipeline(''no'', source_table => ''src'', columns => ''id'', options => ''{"on_reject": "quarantine"}'','
CREATE TABLE child (id int PRIMARY KEY, above int REFERENCES child);
CREATE VIEW seen AS SELECT id FROM child;
:make destination_table => 'child', load => 'append');
\echo :LAST_ERROR_SQLSTATE
:make destination_table => 'seen', load => 'append');
CREATE TABLE triggered (id int PRIMARY KEY);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER nothing BEFORE UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE twice_unique (id int PRIMARY KEY, n int CONSTRAINT n_once UNIQUE);
CREATE TABLE generated (id int PRIMARY KEY, half int GENERATED ALWAYS AS (100 / id) STORED);
CREATE TABLE checked (id int PRIMARY KEY, n int DEFAULT 1, CONSTRAINT in_order CHECK (id > n));
:make destination_table => 'triggered', key_columns => '{id}');
:make destination_table => 'twice_unique', key_columns => '{id}');
:make destination_table => 'generated', key_columns => '{id}');
:make destination_table => 'mirrored', load => 'mirror', key_columns => '{id}');
BEGIN;
:make destination_table => 'checked', key_columns => '{id}') \g /dev/null
CALL run_pipeline('no');
ROLLBACK;
:make destination => 'engine_reject', destination_table => 'engine_reject.child', load => 'merge', key_columns => '{id}');
SELECT create_pipeline('no', source_table => 'src', columns => 'id', destination_table => 'fresh', load => 'append', options => '{"on_reject": "quarantine", "max_rejects": "many"}');
\echo :LAST_ERROR_SQLSTATE
CALL load('no', NULL, 'numbers', 'count(*)::int AS id');
SELECT error_message, error_sqlstate, error_hint FROM pipeline_runs ORDER BY id DESC LIMIT 1;

-- others do not see them; they go when they are discarded, or with their pipeline
CREATE ROLE engine_reject_other;
SET ROLE engine_reject_other;
SELECT count(*) FROM rejected_rows;
RESET ROLE;
SELECT discard_rejects('here'), discard_rejects('here');
SELECT count(*) FROM rejected_rows WHERE pipeline = 'here';
SELECT discard_rejects('there', :'run');
SELECT drop_pipeline('too many');
SELECT count(*) FROM sluice.pipeline_rejected_rows r WHERE NOT EXISTS (SELECT FROM pipelines p WHERE p.id = r.pipeline_id);

SET client_min_messages = error;
DROP ROLE engine_reject_other;
SELECT count(drop_pipeline(id)) > 0 FROM pipelines WHERE destination_table LIKE 'engine_reject.%';
DROP SCHEMA engine_reject CASCADE;
DROP SERVER engine_reject CASCADE;
