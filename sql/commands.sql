-- Pipelines that are commands: what create and alter check, what is shown, and CALL run_pipeline.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA commands;
SET search_path = commands, public;
CREATE TABLE t (a int PRIMARY KEY);

SELECT create_pipeline('c', command => 'INSERT INTO t VALUES (1), (2); UPDATE t SET a = a + 10 WHERE a = 2') IS NOT NULL AS created;
SELECT command, load, source_table, destination_table, status FROM pipelines WHERE name = 'c';
SELECT get_pipeline('c') -> 'definition' ->> 'command' AS shown;
SELECT definition ->> 'command' AS version_1 FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id WHERE p.name = 'c';
SELECT replace(export_pipelines(current_user), current_user, 'me') AS script;
SELECT * FROM explain_pipeline('c');

-- A command stands alone.
\set VERBOSITY verbose
\set SHOW_CONTEXT never
SELECT create_pipeline('x', command => 'SELECT 1', source_table => 't');
SELECT create_pipeline('x', command => 'SELECT 1', source_query => 'SELECT 1', status => 'inactive');
\set VERBOSITY default
SELECT create_pipeline('x', command => 'SELECT 1', destination_table => 't');
SELECT create_pipeline('x', command => 'SELECT 1', source => 'nowhere');
SELECT create_pipeline('x', command => 'SELECT 1', destination => 'nowhere');
SELECT create_pipeline('x', command => 'SELECT 1', load => 'append');
SELECT create_pipeline('x', command => 'SELECT 1', columns => 'a');
SELECT create_pipeline('x', command => 'SELECT 1', filter => 'a > 0');
SELECT create_pipeline('x', command => 'SELECT 1', mode => 'realtime');
SELECT create_pipeline('x');
SELECT alter_pipeline('c', filter => 'true');

-- It is parsed: the place of an error is shown in the command.
SELECT create_pipeline('x', command => E'SELECT 1;\n  SELCT 2');
SELECT create_pipeline('x', command => 'SELECT (1');
SELECT create_pipeline('x', command => '');
SELECT create_pipeline('x', command => ' ; -- nothing');
SELECT create_pipeline('x', command => repeat(' ', 1048577));
SELECT alter_pipeline('c', command => 'no SQL');
-- Inactive it may be incomplete, active not.
SELECT create_pipeline('draft', command => 'no SQL', status => 'inactive') IS NOT NULL AS created;
SELECT alter_pipeline('draft', status => 'active');
SELECT alter_pipeline('draft', status => 'active', command => 'SELECT 1');
-- Nothing is planned, looked up or run.
SELECT create_pipeline('later', command => 'SELECT no_such_function(); SELECT 1/0') IS NOT NULL AS created;

-- What no run can do.
SELECT create_pipeline('x', command => 'BEGIN; SELECT 1; COMMIT');
SELECT create_pipeline('x', command => 'SELECT 1; ROLLBACK');
SELECT create_pipeline('x', command => 'SAVEPOINT s');
SELECT create_pipeline('x', command => 'PREPARE TRANSACTION ''x''');
SELECT create_pipeline('x', command => 'SET TRANSACTION READ ONLY');
SELECT create_pipeline('x', command => 'COPY t FROM STDIN');
SELECT create_pipeline('x', command => 'COPY t TO STDOUT');
SELECT create_pipeline('x', command => 'LISTEN x');
SELECT create_pipeline('x', command => 'DECLARE c CURSOR FOR SELECT 1');
SELECT create_pipeline('x', command => 'FETCH c');

-- What shares a transaction, and what does not.
CREATE FUNCTION way(statements text, options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM apply_pipeline(jsonb_build_object('name', 'way', 'command', statements, 'options', options));
	RETURN (SELECT string_agg(explain_pipeline, E'\n') FROM explain_pipeline('way'));
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
\pset format unaligned
SELECT c AS command, split_part(split_part(way(c), E'\n', 1), ';', 1) AS way FROM unnest(ARRAY[
	'SELECT 1', 'ANALYZE', 'REFRESH MATERIALIZED VIEW CONCURRENTLY m', 'CREATE INDEX i ON t (a)', 'LOCK TABLE t', 'DROP TABLE t',
	'ALTER DATABASE d SET work_mem = 1', 'DISCARD TEMP', 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'NOTIFY x', 'COPY t FROM ''/f''',
	'VACUUM t', 'CREATE INDEX CONCURRENTLY ON t (a)', 'DROP INDEX CONCURRENTLY i', 'REINDEX INDEX CONCURRENTLY i', 'REINDEX (CONCURRENTLY) TABLE t',
	'REINDEX (CONCURRENTLY off) TABLE t', 'REINDEX SCHEMA s', 'REINDEX TABLE t', 'CLUSTER', 'CLUSTER t', 'CREATE DATABASE d', 'DROP DATABASE d',
	'CREATE TABLESPACE s LOCATION ''/t''', 'DROP TABLESPACE s', 'ALTER SYSTEM SET work_mem = 1', 'ALTER DATABASE d SET TABLESPACE s', 'DISCARD ALL',
	'ALTER TABLE p DETACH PARTITION q CONCURRENTLY', 'ALTER TABLE p DETACH PARTITION q',
	'CREATE SUBSCRIPTION s CONNECTION '''' PUBLICATION p', 'DROP SUBSCRIPTION s', 'ALTER SUBSCRIPTION s REFRESH PUBLICATION',
	'CALL p()', 'DO ''BEGIN END''']) WITH ORDINALITY u (c, i) ORDER BY i;
SELECT way('CALL p(); DO ''BEGIN END''; REINDEX TABLE t');
SELECT way('INSERT INTO t VALUES (1); VACUUM t');
SELECT way('SELECT 1; SELECT 2', '{"command_transaction": false}');
SELECT way('CALL p()', '{"command_transaction": true}');
SELECT way('SELECT 1; VACUUM', '{"command_transaction": true}');
SELECT way('SELECT 1', '{"command_transaction": "perhaps"}');
\pset format aligned
-- The option is checked again when it changes.
SELECT create_pipeline('v', command => 'VACUUM t') IS NOT NULL AS created;
SELECT alter_pipeline('v', options => '{"command_transaction": true}');
SELECT alter_pipeline('v', options => '{"command_transaction": null}');

-- Here and now, in the caller's transaction.
CALL run_pipeline('c', run => NULL) \gset
SELECT * FROM t ORDER BY a;
SELECT status, records_read, records_processed, phase FROM pipeline_runs WHERE id = :'run';
SELECT level, phase, message FROM run_log(:'run');
BEGIN;
SELECT alter_pipeline('c', command => 'DELETE FROM t; CREATE TABLE made AS SELECT 1 AS one; SELECT 1; INSERT INTO made VALUES (2)');
CALL run_pipeline('c', run => NULL) \gset
SELECT records_processed FROM pipeline_runs WHERE id = :'run';
ROLLBACK;
SELECT count(*) FROM t;
SELECT to_regclass('made');
-- The error of a statement is that of the run: nothing is left of those before it.
\set SHOW_CONTEXT always
SELECT alter_pipeline('c', command => E'INSERT INTO t VALUES (3);\nINSERT INTO t VALUES (1);\nSELECT 1');
CALL run_pipeline('c');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('c', command => E'SELECT 1;\nSELECT a,\n  nonsense FROM t');
CALL run_pipeline('c');
\set SHOW_CONTEXT errors
SELECT * FROM t ORDER BY a;
-- Notices are the client's and the log's.
SET client_min_messages = notice;
SELECT alter_pipeline('c', command => $$DO 'BEGIN RAISE NOTICE ''told %'', public.run_context() ->> ''who'' USING HINT = ''heard''; RAISE WARNING ''password=secret''; END'$$);
CALL run_pipeline('c', '{"who": "me"}', run => NULL) \gset
SELECT level, message FROM run_log(:'run') WHERE phase = 'executing';
SET client_min_messages = warning;
SELECT run_context();
-- What must be alone cannot be here, and nothing can end the caller's transaction.
SELECT alter_pipeline('c', command => 'VACUUM t');
CALL run_pipeline('c');
SELECT alter_pipeline('c', command => 'INSERT INTO t VALUES (5)', options => '{"command_transaction": false}');
CALL run_pipeline('c');
SELECT alter_pipeline('c', command => $$DO 'BEGIN COMMIT; END'$$, options => '{"command_transaction": null}');
\set SHOW_CONTEXT never
CALL run_pipeline('c');
-- The caller's session is as it was, whatever a command sets.
SET work_mem = '5MB';
SELECT alter_pipeline('c', command => $$SET work_mem = '9MB'; SET TimeZone = 'Asia/Tokyo'; RESET ALL; SET search_path = pg_catalog; SET statement_timeout = '1h';
	SET LOCAL enable_seqscan = off; PREPARE kept AS SELECT 1; SELECT set_config('transaction_read_only', 'on', false)$$);
CALL run_pipeline('c', run => NULL) \gset
SELECT status FROM public.pipeline_runs WHERE id = :'run';
SHOW work_mem;
SHOW search_path;
SHOW statement_timeout;
SHOW enable_seqscan;
DEALLOCATE kept;
RESET work_mem;
-- One pipeline runs another: each has its context, its notices are in both logs.
SET client_min_messages = notice;
SELECT create_pipeline('inner', command => $$DO 'BEGIN RAISE NOTICE ''inner %'', public.run_context(); END'$$) IS NOT NULL AS created;
SELECT alter_pipeline('c', command => $$CALL run_pipeline('inner', '{"in": 1}'); DO 'BEGIN RAISE NOTICE ''outer %'', public.run_context(); END'$$);
CALL run_pipeline('c', '{"out": 1}', run => NULL) \gset
SELECT message FROM run_log(:'run') WHERE phase = 'executing';
SET client_min_messages = warning;
-- A load becomes a command and the reverse.
SELECT create_pipeline('l', source_table => 't', destination_table => 'copied') IS NOT NULL AS created;
SELECT alter_pipeline('l', command => 'SELECT 1');
SELECT alter_pipeline('l', command => 'SELECT 1', reset => '{source_table,destination_table}');
SELECT load, load_chosen, command FROM pipelines WHERE name = 'l';
SELECT alter_pipeline('l', source_table => 't', destination_table => 'copied', load => 'append', reset => '{command}');
SELECT load, command FROM pipelines WHERE name = 'l';
-- apply_pipeline takes it.
SELECT action, differences -> 'command' AS command FROM apply_pipeline('{"name": "applied", "command": "SELECT 1", "timezone": "UTC"}');
SELECT action FROM apply_pipeline('{"name": "applied", "command": "SELECT 1", "timezone": "UTC"}');
SELECT action, differences FROM apply_pipeline('{"name": "applied", "command": "SELECT 2", "timezone": "UTC"}');

SELECT drop_pipeline(id) FROM pipelines WHERE name IN ('v', 'way', 'c', 'inner', 'l', 'later', 'draft', 'applied');
