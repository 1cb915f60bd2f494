-- A run waits for other transactions with a limit, and leaves no trace when it gives up. A prepared
-- transaction stands for the other session.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_locks;
SET search_path = engine_locks, public;
CREATE TABLE kept (id int PRIMARY KEY);
INSERT INTO kept VALUES (1);
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent VALUES (1), (2), (3);
CREATE TABLE child (id int REFERENCES parent);
SELECT create_pipeline('kept', source_query => 'SELECT generate_series(1, 3) AS id', destination_table => 'kept', load => 'replace',
	options => '{"swap_lock_timeout": "20 milliseconds", "swap_lock_attempts": 2}') IS NOT NULL AS ok;
SELECT create_pipeline('child', source_query => 'SELECT generate_series(1, 3) AS id', destination_table => 'child', load => 'append',
	options => '{"swap_lock_timeout": "20 milliseconds", "swap_lock_attempts": 1}') IS NOT NULL AS ok;
-- A reader is in the way of the swap: the rows go into the table itself.
BEGIN;
SELECT * FROM kept;
PREPARE TRANSACTION 'engine_locks';
SELECT pg_relation_filenode('kept') AS file \gset
CALL run_pipeline('kept') \gset
SELECT level, message FROM pipeline_log WHERE run = :'run' AND level = 'warning' ORDER BY line;
SELECT count(*), pg_relation_filenode('kept') = :file AS same_file, (SELECT count(*) FROM kept WHERE id = 3) AS by_index FROM kept;
ROLLBACK PREPARED 'engine_locks';
SELECT relname FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]';
-- Not where the option says so, nor where a key is checked at the end only.
SELECT alter_pipeline('kept', options => '{"on_swap_conflict": "fail"}');
TRUNCATE kept;
INSERT INTO kept VALUES (1);
BEGIN;
SELECT * FROM kept;
PREPARE TRANSACTION 'engine_locks';
SELECT pg_relation_filenode('kept') AS file \gset
CALL run_pipeline('kept') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT count(*), pg_relation_filenode('kept') = :file AS same_file FROM kept;
ROLLBACK PREPARED 'engine_locks';
SELECT alter_pipeline('kept', options => '{"on_swap_conflict": null}');
ALTER TABLE kept ADD CONSTRAINT late UNIQUE (id) DEFERRABLE;
BEGIN;
SELECT * FROM kept;
PREPARE TRANSACTION 'engine_locks';
CALL run_pipeline('kept') \gset
ROLLBACK PREPARED 'engine_locks';
ALTER TABLE kept DROP CONSTRAINT late;
-- A writer is in the way before anything is read.
BEGIN;
INSERT INTO kept VALUES (100);
PREPARE TRANSACTION 'engine_locks';
CALL run_pipeline('kept') \gset
\echo :LAST_ERROR_SQLSTATE
ROLLBACK PREPARED 'engine_locks';
SHOW lock_timeout;
CALL run_pipeline('kept') \gset
SELECT count(*) FROM kept;
-- Who removes a referenced key is in the way of the check.
BEGIN;
DELETE FROM parent WHERE id = 2;
PREPARE TRANSACTION 'engine_locks';
CALL run_pipeline('child') \gset
\echo :LAST_ERROR_SQLSTATE
COMMIT PREPARED 'engine_locks';
CALL run_pipeline('child') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM child;
-- An append to an empty table with indexes becomes a swap; it never fails because somebody reads or writes the table.
CREATE TABLE filled (id int PRIMARY KEY, parent int REFERENCES parent, gone int, note text, doubled int GENERATED ALWAYS AS (id * 2) STORED);
ALTER TABLE filled DROP gone;
ALTER TABLE filled ALTER note SET STORAGE EXTERNAL;
SELECT create_pipeline('filled', source_query => 'SELECT i AS id, 1 AS parent, CASE i WHEN 5 THEN repeat(''toast'', 10000) END AS note FROM generate_series(1, 2500) AS i',
	destination_table => 'filled', load => 'append', options => '{"swap_lock_timeout": "20 milliseconds"}') IS NOT NULL AS ok;
SELECT pg_relation_filenode('filled') AS file \gset
BEGIN;
SELECT * FROM filled;
PREPARE TRANSACTION 'engine_locks';
CALL run_pipeline('filled') \gset
SELECT level, message FROM pipeline_log WHERE run = :'run' AND message NOT LIKE 'index %' ORDER BY line;
ROLLBACK PREPARED 'engine_locks';
SET enable_seqscan = off;
SELECT count(*), count(DISTINCT id), max(length(note)), max(doubled), pg_relation_filenode('filled') = :file AS same_file FROM filled WHERE id > 0;
RESET enable_seqscan;
SELECT relname FROM pg_class WHERE relname ~ '^pg_(temp|sluice)_[0-9]';
BEGIN;
TRUNCATE filled;
DECLARE c CURSOR FOR SELECT * FROM filled;
CALL run_pipeline('filled') \gset
SELECT level, message FROM pipeline_log WHERE run = :'run' AND level = 'warning';
SELECT count(*) FROM filled;
ROLLBACK;
-- a writer is told from the start, and nobody waits for it
TRUNCATE filled;
BEGIN;
INSERT INTO filled SELECT 3000 WHERE false;
PREPARE TRANSACTION 'engine_locks';
CALL run_pipeline('filled') \gset
SELECT level, message FROM pipeline_log WHERE run = :'run' ORDER BY line;
ROLLBACK PREPARED 'engine_locks';
SELECT count(*) FROM filled;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_locks.%';
DROP SCHEMA engine_locks CASCADE;
