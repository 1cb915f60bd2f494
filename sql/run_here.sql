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
-- Constraints that are deferred are checked when the caller's transaction says so, as with INSERT ... SELECT.
CREATE TABLE here_sa (id int, b int);
CREATE TABLE here_sb (id int, a int);
INSERT INTO here_sa VALUES (1, 1), (2, 2);
INSERT INTO here_sb VALUES (1, 2), (2, 1);
CREATE TABLE here_a (id int PRIMARY KEY, b int);
CREATE TABLE here_b (id int PRIMARY KEY, a int CONSTRAINT to_a REFERENCES here_a DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE here_a ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES here_b DEFERRABLE;
SELECT create_pipeline('here_la', source_table => 'here_sa', destination_table => 'here_a', load => 'append') IS NOT NULL
	AND create_pipeline('here_lb', source_table => 'here_sb', destination_table => 'here_b', load => 'append') IS NOT NULL AS created;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CALL run_pipeline('here_la', run => NULL) \gset
CALL run_pipeline('here_lb', run => NULL) \gset
SELECT message FROM run_log(:'run') WHERE message LIKE 'foreign key%';
COMMIT;
SELECT (SELECT count(*) FROM here_a) AS a, (SELECT count(*) FROM here_b) AS b;
-- One that is checked at once is checked at once, and what stays broken fails the COMMIT.
TRUNCATE here_a, here_b;
CALL run_pipeline('here_la', run => NULL);
BEGIN;
CALL run_pipeline('here_lb', run => NULL) \gset
COMMIT;
SELECT count(*) FROM here_b;
-- Replaced under keys that point to it, and with a trigger and a unique constraint that wait as well.
SELECT alter_pipeline('here_la', load => 'replace'), alter_pipeline('here_lb', load => 'replace');
CREATE TABLE here_seen (what text);
CREATE FUNCTION here_see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO here_seen VALUES (TG_OP || NEW.id); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER here_late AFTER INSERT ON here_b DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION here_see();
ALTER TABLE here_b ADD CONSTRAINT here_once UNIQUE (a) DEFERRABLE INITIALLY DEFERRED;
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CALL run_pipeline('here_la', run => NULL) \gset
CALL run_pipeline('here_lb', run => NULL) \gset
CALL run_pipeline('here_la', run => NULL) \gset
SELECT count(*) AS not_yet FROM here_seen;
COMMIT;
SELECT string_agg(what, ' ' ORDER BY what) FROM here_seen;
SELECT (SELECT count(*) FROM here_a) AS a, (SELECT count(*) FROM here_b) AS b;
-- What the caller has deferred by itself stays deferred.
BEGIN;
INSERT INTO here_b VALUES (7, 70);
CALL run_pipeline('here_la', run => NULL) \gset
INSERT INTO here_a VALUES (70, NULL);
COMMIT;
SELECT count(*) FROM here_b WHERE a = 70;
-- A list in one transaction: in its order, all or nothing, with a run for each.
TRUNCATE here_a, here_b, here_seen;
CALL run_pipelines('{here_lb, here_la}', '{"who": "me"}', NULL) \gset
SELECT (SELECT count(*) FROM here_a) AS a, (SELECT count(*) FROM here_b) AS b;
SELECT r.pipeline_name, r.status, r.context, r.records_processed FROM unnest(:'runs'::uuid[]) WITH ORDINALITY AS u (id, n)
JOIN pipeline_runs r USING (id) ORDER BY u.n;
SELECT string_agg(id::text, ',') AS ids FROM pipelines WHERE name = 'here_la' \gset
CALL run_pipelines(ARRAY[:'ids', current_user || '/here_la'], runs => NULL) \gset
SELECT count(DISTINCT id) FROM unnest(:'runs'::uuid[]) AS id;
CALL run_pipelines('{}');
-- The key that waits first, or SET CONSTRAINTS.
TRUNCATE here_a, here_b;
CALL run_pipelines('{here_la, here_lb}', runs => NULL);
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CALL run_pipelines('{here_la, here_lb}', runs => NULL) \gset
COMMIT;
SELECT (SELECT count(*) FROM here_a) AS a, (SELECT count(*) FROM here_b) AS b;
-- The second one fails: nothing is left of the first, and the error says which.
TRUNCATE here_a, here_b;
SELECT count(*) AS runs FROM pipeline_runs WHERE pipeline_name LIKE 'here\_l_' \gset
SELECT alter_pipeline('here_la', filter => '1 / (id - 2) < 1');
CALL run_pipelines('{here_lb, here_la}');
SELECT (SELECT count(*) FROM here_b) AS b, count(*) - :runs AS new FROM pipeline_runs WHERE pipeline_name LIKE 'here\_l_';
-- One that cannot start is told before any other has loaded.
SELECT pause_pipeline('here_lb', 'for now');
CALL run_pipelines('{here_la, here_lb}');
CALL run_pipelines('{here_la, nope}');
SELECT resume_pipeline('here_lb'), alter_pipeline('here_la', reset => '{filter}');
CALL run_pipelines(NULL);
CALL run_pipelines('{here_la, NULL}');
CALL run_pipelines('{here_la}', '[]');
-- A worker's own transaction checks at its end: an ordinary failure of the run.
DELETE FROM here_sa WHERE id = 2;
CALL trigger_and_wait('here_la', run => NULL, status => NULL, raise_error => false) \gset
SELECT status, error_sqlstate FROM pipeline_runs WHERE id = :'run';
SELECT drop_pipeline(id) FROM pipelines WHERE name LIKE 'here\_l_';
SELECT drop_pipeline('p');
DROP SCHEMA here CASCADE;
