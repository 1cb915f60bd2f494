-- Who may do what. Rows are hidden by row-level security; nobody writes the tables but our functions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE ROLE rights_group LOGIN;
CREATE ROLE rights_ann LOGIN IN ROLE rights_group;
CREATE ROLE rights_bob LOGIN;
CREATE ROLE rights_eve LOGIN;

CREATE SCHEMA rights;
GRANT USAGE, CREATE ON SCHEMA rights TO rights_ann, rights_group, rights_bob;

-- Running pipelines must be granted.
SET SESSION AUTHORIZATION rights_ann;
SELECT create_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
SELECT allow_pipelines('rights_ann');
RESET SESSION AUTHORIZATION;
SELECT allow_pipelines('rights_ann'), allow_pipelines('rights_bob'), allow_pipelines('rights_group');
SELECT allow_pipelines('rights_zoe');
\echo :LAST_ERROR_SQLSTATE

\set superuser :USER
\set here 'SET client_min_messages = warning; SET search_path = rights, public;'
\c - rights_ann
:here
CREATE TABLE src AS SELECT 1 AS a;
SELECT create_pipeline('mine', source_table => 'src', destination_table => 'mine_dst') IS NOT NULL AS created;
SELECT create_pipeline('ours', source_query => 'SELECT 1 AS a', destination_table => 'ours_dst', owner => 'rights_group') IS NOT NULL AS created;
-- Only those who can become a role may give it a pipeline.
SELECT create_pipeline('trojan', source_query => 'SELECT 1 AS a', destination_table => 'x', owner => 'rights_bob');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('mine', owner => 'rights_bob');
CALL run_pipeline('mine', run => NULL) \gset
-- As itself only.
CALL run_pipeline('ours');
\echo :LAST_ERROR_SQLSTATE
SET ROLE rights_group;
CALL run_pipeline('ours');
RESET ROLE;

-- No DML for anyone, not even on one's own rows.
INSERT INTO sluice.pipeline_runs (id) VALUES (gen_random_uuid());
UPDATE sluice.pipeline_definitions SET owner_oid = 10;
DELETE FROM sluice.pipeline_run_log;
TRUNCATE sluice.pipeline_due;
UPDATE sluice.pipeline_state SET failures_in_a_row = 0;
\set VERBOSITY sqlstate
UPDATE pipelines SET name = 'x';
\set VERBOSITY default
DELETE FROM sluice.pipeline_versions;
INSERT INTO pipeline_runs (id) VALUES (gen_random_uuid());
INSERT INTO pipeline_definitions (id) VALUES (gen_random_uuid());
CREATE TABLE sluice.mine ();
\echo :LAST_ERROR_SQLSTATE
CREATE TRIGGER t BEFORE INSERT ON sluice.pipeline_runs EXECUTE FUNCTION sluice.pipeline_bind_owner();

-- Others see nothing of it.
\c - :superuser
:here
SET SESSION AUTHORIZATION rights_bob;
SELECT (SELECT count(*) FROM pipelines) AS pipelines, (SELECT count(*) FROM pipeline_status) AS status,
	(SELECT count(*) FROM pipeline_runs) AS runs, (SELECT count(*) FROM pipeline_log) AS log,
	(SELECT count(*) FROM pipeline_versions) AS versions, (SELECT count(*) FROM sluice.pipeline_due) AS due,
	(SELECT count(*) FROM sluice.pipeline_state) AS state, (SELECT count(*) FROM pipeline_definitions) AS definitions,
	(SELECT count(*) FROM list_pipelines()) AS list, (SELECT count(*) FROM recent_runs()) AS recent;
SELECT trigger_pipeline('mine');
SELECT get_pipeline('rights_ann/mine');
\set VERBOSITY sqlstate
SELECT run_log(:'run');
SELECT stop_run(:'run');
SELECT wait_for_run(:'run');
\set VERBOSITY default
SET SESSION AUTHORIZATION rights_eve;
SELECT count(*) FROM pipelines;

-- A member of the owner sees and triggers; only those who can become the owner change.
SET SESSION AUTHORIZATION rights_ann;
SELECT name, owner FROM pipelines ORDER BY 1;
SELECT alter_pipeline('ours', description => 'a member may SET ROLE');
RESET SESSION AUTHORIZATION;
SELECT alter_pipeline('rights_group/ours', owner => 'rights_ann');
SET SESSION AUTHORIZATION rights_group;
SELECT count(*) FROM pipelines;
SET SESSION AUTHORIZATION rights_ann;
SELECT name, owner FROM pipelines ORDER BY 1;
SELECT drop_pipeline(id) FROM pipelines;
RESET SESSION AUTHORIZATION;

-- A superuser who acts for others does not run their code.
SET search_path = rights, public;
SELECT create_pipeline('bobs', source_query => 'SELECT current_user AS who', destination_table => 'bobs_dst', owner => 'rights_bob') IS NOT NULL AS created;
CALL run_pipeline('bobs');
\echo :LAST_ERROR_SQLSTATE
CALL run_pipelines('{bobs}');
\echo :LAST_ERROR_SQLSTATE
-- What bob's code could take back is no login of bob's.
CREATE FUNCTION escape() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'RESET SESSION AUTHORIZATION';
	RETURN session_user;
END $$;
SELECT create_pipeline('escapes', source_query => 'SELECT rights.escape() AS who', destination_table => 'bobs_dst', load => 'append', owner => 'rights_bob') IS NOT NULL AS created;
SET SESSION AUTHORIZATION rights_bob;
CALL run_pipeline('escapes');
\echo :LAST_ERROR_SQLSTATE
CALL run_pipelines('{escapes}');
RESET SESSION AUTHORIZATION;
SET ROLE rights_bob;
CALL run_pipeline('escapes');
RESET ROLE;
\c - rights_bob
:here
CALL run_pipeline('escapes', run => NULL) \gset
SELECT who = 'rights_bob' AS nobody_else FROM rights.bobs_dst;
SET SESSION AUTHORIZATION rights_bob;
CALL run_pipeline('escapes', run => NULL) \gset
\c - :superuser
:here
SELECT drop_pipeline('escapes');
DROP TABLE bobs_dst;
CALL trigger_and_wait('bobs', run => NULL, status => NULL) \gset
\echo :status
SELECT who FROM bobs_dst;
SELECT drop_pipeline('bobs');

-- A dropped owner leaves a pipeline that nobody but a superuser sees.
SET SESSION AUTHORIZATION rights_bob;
SELECT create_pipeline('orphan', status => 'inactive') IS NOT NULL AS created;
RESET SESSION AUTHORIZATION;
SELECT disallow_pipelines('rights_bob');
DROP OWNED BY rights_bob;
DROP ROLE rights_bob;
SELECT name, owner FROM pipelines WHERE name = 'orphan';
SELECT drop_pipeline('orphan');

-- disallow_pipelines takes back what allow_pipelines gave.
SELECT disallow_pipelines('rights_ann'), disallow_pipelines('rights_group');
SET SESSION AUTHORIZATION rights_ann;
SELECT create_pipeline('p');
RESET SESSION AUTHORIZATION;
DROP SCHEMA rights CASCADE;
DROP OWNED BY rights_ann, rights_group, rights_eve;
DROP ROLE rights_ann, rights_group, rights_eve;
