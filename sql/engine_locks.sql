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
-- A reader is in the way of the swap.
BEGIN;
SELECT * FROM kept;
PREPARE TRANSACTION 'engine_locks';
SELECT pg_relation_filenode('kept') AS file \gset
CALL run_pipeline('kept') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT count(*), pg_relation_filenode('kept') = :file AS same_file FROM kept;
ROLLBACK PREPARED 'engine_locks';
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
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_locks.%';
DROP SCHEMA engine_locks CASCADE;
