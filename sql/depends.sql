-- depends_on and on_failure in definitions. What they do is in test/t/chain_runs.pl.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA depends;
SET search_path = depends, public;
CREATE ROLE depends_other LOGIN;
SELECT allow_pipelines('depends_other');
GRANT CREATE ON SCHEMA depends TO depends_other;
GRANT USAGE ON SCHEMA depends TO depends_other;
CREATE PROCEDURE make(name text, parents text[] DEFAULT NULL, fallback text DEFAULT NULL, schedule text DEFAULT NULL)
	LANGUAGE plpgsql AS $$ BEGIN
	PERFORM create_pipeline(make.name, source_query => 'SELECT 1 AS i', destination_table => 'depends.dst_' || make.name,
		load => 'append', depends_on => parents, on_failure => fallback, schedule => make.schedule);
END $$;
CREATE VIEW seen AS SELECT name, depends_on_names, on_failure_name,
	depends_on = ARRAY(SELECT p.id FROM unnest(depends_on_names) WITH ORDINALITY n (name, o)
		JOIN pipelines p ON p.name = n.name ORDER BY o) AS ids_fit FROM pipelines ORDER BY name COLLATE "C";

-- What is there, by name and id; each once.
CALL make('a');
CALL make('b', '{a}');
SELECT id AS a FROM pipelines WHERE name = 'a' \gset
CALL make('c', ARRAY['b', 'a', :'a', current_user || '/b']);
CALL make('rescue');
CALL make('d', '{c}', 'rescue');
SELECT * FROM seen;
SELECT get_pipeline('d') -> 'definition' ->> 'depends_on_names' AS depends_on, get_pipeline('d') -> 'definition' ->> 'on_failure_name' AS on_failure;
SELECT definition ->> 'depends_on_names' AS depends_on, definition ->> 'on_failure_name' AS on_failure FROM pipeline_versions
	WHERE pipeline_id = (SELECT id FROM pipelines WHERE name = 'd');
-- A rename follows.
SELECT rename_pipeline('rescue', 'rescue2');
SELECT rename_pipeline('b', 'bb');
SELECT * FROM seen;
SELECT rename_pipeline('rescue2', 'rescue');
SELECT rename_pipeline('bb', 'b');

-- Nothing that is not there.
CALL make('x', '{nowhere}');
\echo :LAST_ERROR_SQLSTATE
CALL make('x', NULL, 'nowhere');
CALL make('x', '{x}');
CALL make('x', '{NULL}');
\echo :LAST_ERROR_SQLSTATE
CALL make('x', '{}');
SELECT drop_pipeline('x');

-- Cycles.
SELECT alter_pipeline('a', depends_on => '{a}');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('a', depends_on => '{b}');
SELECT alter_pipeline('a', depends_on => '{d}');
SELECT alter_pipeline('a', on_failure => 'a');
SELECT alter_pipeline('a', on_failure => 'd');
\echo :LAST_ERROR_SQLSTATE

-- Fallbacks that are none.
CALL make('x', NULL, 'd');
\echo :LAST_ERROR_SQLSTATE
CALL make('x', NULL, 'b');
CALL make('x', '{rescue}', 'rescue');
SELECT alter_pipeline('rescue', on_failure => 'a');
SELECT alter_pipeline('rescue', depends_on => '{a}');
\echo :LAST_ERROR_SQLSTATE

-- A schedule belongs to the root.
CALL make('x', '{a}', NULL, '0 2 * * *');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('b', schedule => '0 2 * * *');
SELECT alter_pipeline('b', schedule => '0 2 * * *', reset => '{depends_on}');
SELECT alter_pipeline('b', depends_on => '{a}');
SELECT alter_pipeline('b', depends_on => '{a}', reset => '{depends_on}');
SELECT alter_pipeline('b', depends_on => '{a}', reset => '{schedule}');

-- Options.
SELECT alter_pipeline('b', options => '{"depends_rule": "any"}');
SELECT alter_pipeline('b', options => '{"depends_rule": "any_success"}');

-- What is needed stays.
SELECT drop_pipeline('a');
\echo :LAST_ERROR_SQLSTATE
SELECT drop_pipeline('rescue', running => 'stop');
SELECT drop_pipeline('b', if_exists => true);
SELECT alter_pipeline('d', reset => '{on_failure,depends_on}');
SELECT * FROM seen;
SELECT drop_pipeline('rescue');
SELECT alter_pipeline('d', depends_on => '{c}');
SELECT alter_pipeline('d', depends_on => '{}');

-- Of other roles: only what one may use.
SET ROLE depends_other;
SELECT create_pipeline('theirs', source_query => 'SELECT 1 AS i', destination_table => 'depends.theirs', load => 'append',
	depends_on => '{a}');
RESET ROLE;
SELECT create_pipeline('theirs', source_query => 'SELECT 1 AS i', destination_table => 'depends.theirs', load => 'append',
	depends_on => '{a}', owner => 'depends_other') IS NOT NULL AS created;
SELECT depends_on_names = ARRAY[current_user || '/a'] AS with_owner FROM pipelines WHERE name = 'theirs';
SET ROLE depends_other;
SELECT depends_on_names = depends_on::text[] AS as_id FROM pipelines WHERE name = 'theirs';
SELECT definition -> 'depends_on_names' = definition -> 'depends_on' AS as_id, definition -> 'on_failure_name' AS none FROM pipeline_versions
	WHERE definition ->> 'name' = 'theirs';
RESET ROLE;

-- Who drops learns no names of others.
SET ROLE depends_other;
SELECT create_pipeline('base', source_query => 'SELECT 1 AS i', destination_table => 'depends.base', load => 'append') IS NOT NULL AS created;
RESET ROLE;
CALL make('hidden', '{depends_other/base}');
SELECT id AS hidden FROM pipelines WHERE name = 'hidden' \gset
SET ROLE depends_other;
\set VERBOSITY sqlstate
SELECT drop_pipeline('base');
\set VERBOSITY default
SELECT :'LAST_ERROR_MESSAGE' LIKE 'cannot drop pipeline%' AS refused;
CREATE FUNCTION depends.why() RETURNS text LANGUAGE plpgsql AS $$ DECLARE detail text; BEGIN
	PERFORM public.drop_pipeline('base');
	RETURN NULL;
EXCEPTION WHEN dependent_objects_still_exist THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN detail;
END $$;
SELECT depends.why() = format('In their depends_on: %s.', :'hidden') AS as_id;
RESET ROLE;
SELECT depends.why();
SELECT drop_pipeline('hidden');
SELECT drop_pipeline('depends_other/base');
DROP FUNCTION depends.why();

-- Runs without a batch, here and now.
CALL run_pipeline('d', run => NULL) \gset
SELECT batch = :'run' AS own_batch, status, completed, total, current, failed, started_at IS NOT NULL AS started,
	ended_at IS NOT NULL AS ended, estimated_completion FROM batch_status(:'run');
SELECT pipeline, state, reason, depends_on, rule, run_id = :'run' AS run, fallback_run FROM batch_nodes(:'run');
SELECT wait_for_batch(:'run');
\set VERBOSITY sqlstate
SELECT retry_run(:'run');
\set VERBOSITY default
SELECT wait_for_batch('0190a3b4-0000-7000-8000-000000000000');
\echo :LAST_ERROR_SQLSTATE
SELECT batch_status('0190a3b4-0000-7000-8000-000000000000');
SELECT retry_run('0190a3b4-0000-7000-8000-000000000000');
SET ROLE depends_other;
\set VERBOSITY sqlstate
SELECT status FROM batch_status(:'run');
SELECT retry_run(:'run');
\set VERBOSITY default
RESET ROLE;

-- trigger_pipeline records what follows, and a rollback leaves nothing of it.
BEGIN;
SELECT trigger_pipeline('a') AS run \gset
SELECT pipeline, state, reason, depends_on, rule, run_id IS NOT NULL AS has_run FROM batch_nodes(:'run');
SELECT state, reason FROM pipeline_status WHERE name IN ('a', 'b', 'c', 'theirs') ORDER BY name COLLATE "C";
SELECT status, completed, total, current, failed, estimated_completion FROM batch_status(:'run');
\set VERBOSITY sqlstate
SELECT retry_run(:'run');
ROLLBACK;
BEGIN;
SELECT trigger_pipeline('a') AS run \gset
SELECT wait_for_batch(:'run');
ROLLBACK;
\set VERBOSITY default
SELECT count(*) FROM sluice.pipeline_batch_nodes;
BEGIN;
SELECT trigger_pipeline('a', dependents => false) AS alone, trigger_pipeline('b') AS child, trigger_pipeline('c', dependents => true) AS forced \gset
SELECT count(*) FROM sluice.pipeline_batch_nodes;
SELECT alter_pipeline('d', depends_on => '{c}');
SELECT trigger_pipeline('c', dependents => true, if_running => 'queue') AS forced \gset
SELECT pipeline, state, depends_on FROM batch_nodes(:'forced');
ROLLBACK;
SELECT count(*) FROM sluice.pipeline_batch_nodes;

SELECT drop_pipeline('theirs'), drop_pipeline('d');
SELECT drop_pipeline('c');
SELECT drop_pipeline('b');
SELECT drop_pipeline('a');
SELECT disallow_pipelines('depends_other');
DROP SCHEMA depends CASCADE;
REVOKE ALL ON SCHEMA public FROM depends_other;
DROP ROLE depends_other;
