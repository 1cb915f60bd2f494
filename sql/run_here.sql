-- CALL run_pipeline: in this session and transaction, for the owner itself.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA here;
SET search_path = here, public;
SET TimeZone = 'Asia/Tokyo';
CREATE TABLE src AS SELECT g AS a FROM generate_series(1, 3) g;
CREATE TABLE dst (a int, who text);
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'append', columns => $$a, run_context() ->> 'who' AS who$$) IS NOT NULL AS created;
CALL run_pipeline('p', '{"who": "me"}', run => NULL) \gset
SELECT * FROM dst ORDER BY a;
SELECT status, cause, records_read, records_processed, context, start_time <= end_time AS in_order FROM pipeline_runs WHERE id = :'run';
SELECT run_context();

-- Its row and its rows live and die with the transaction.
BEGIN;
CALL run_pipeline('p', run => NULL) \gset
SELECT count(*) FROM dst;
SELECT status FROM pipeline_runs WHERE id = :'run';
ROLLBACK;
SELECT count(*) FROM dst;
SELECT count(*) FROM pipeline_runs WHERE id = :'run';
-- Twice in one transaction is no overlap.
BEGIN;
CALL run_pipeline('p', run => NULL) \gset
CALL run_pipeline('p', run => NULL) \gset
COMMIT;
SELECT count(*) FROM dst;
-- A failure undoes everything.
SELECT alter_pipeline('p', filter => '1 / (a - 2) > 0');
CALL run_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM dst;
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'p';
SELECT run_context();
-- The session is as it was.
SHOW search_path;
SHOW TimeZone;
CALL run_pipeline('p', '"text"');
SELECT alter_pipeline('p', status => 'inactive');
CALL run_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
CALL run_pipeline('nope');
SELECT drop_pipeline('p');
DROP SCHEMA here CASCADE;
