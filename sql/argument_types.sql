-- Which form of a function a call finds, by the types that drivers send: all combinations of them.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE ROLE argument_user LOGIN;
SELECT allow_pipelines('argument_user');
CREATE SCHEMA arguments AUTHORIZATION argument_user;
\set superuser :USER
\c - argument_user
SET client_min_messages = warning;
SET search_path = arguments, public;
CREATE TABLE visits (day date, page text);
SELECT create_pipeline('visits', source_table => 'visits', destination_table => 'visits_copy') AS id \gset

-- How a value is written: a literal, or with a type as a driver sends it.
CREATE TABLE given (what text, type text, value text);
INSERT INTO given VALUES
	('pipeline', 'unknown', $$'visits'$$), ('pipeline', 'text', $$'visits'::text$$), ('pipeline', 'varchar', $$'visits'::varchar$$),
	('pipeline', 'uuid', format('%L::uuid', :'id')),
	('context', 'none', NULL), ('context', 'unknown', $$'{"day": 1}'$$), ('context', 'text', $$'{"day": 1}'::text$$),
	('context', 'varchar', $$'{"day": 1}'::varchar$$), ('context', 'json', $$'{"day": 1}'::json$$), ('context', 'jsonb', $$'{"day": 1}'::jsonb$$),
	('context', 'null', 'NULL'),
	('timeout', 'none', NULL), ('timeout', 'unknown', $$'1 min'$$), ('timeout', 'text', $$'1 min'::text$$), ('timeout', 'varchar', $$'1 min'::varchar$$),
	('timeout', 'interval', $$'1 min'::interval$$), ('timeout', 'null', 'NULL');
-- 'works', or the SQLSTATE; whatever the statement did is undone. trigger_and_wait that is found refuses a function.
CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RAISE SQLSTATE 'ZZ000';
EXCEPTION
	WHEN SQLSTATE 'ZZ000' OR active_sql_transaction THEN RETURN 'works';
	WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

CREATE VIEW calls AS
SELECT p.type AS pipeline, c.type AS context, t.type AS timeout, p.value AS pipeline_value,
	concat_ws(', ', p.value, c.value, t.value) AS by_position,
	concat_ws(', ', 'pipeline => ' || p.value, 'context => ' || c.value, 'timeout => ' || t.value) AS by_name
FROM given p, given c, given t WHERE p.what = 'pipeline' AND c.what = 'context' AND t.what = 'timeout';
SELECT routine, outcome, count(*) FROM (
	SELECT 'trigger_pipeline' AS routine, outcome(format('SELECT trigger_pipeline(%s)', by_position)) FROM calls WHERE timeout = 'none'
	UNION ALL SELECT 'trigger_pipeline, named', outcome(format('SELECT trigger_pipeline(%s, if_paused => ''skip'')', by_name)) FROM calls WHERE timeout = 'none'
	UNION ALL SELECT 'run_pipeline', outcome(format('CALL run_pipeline(%s)', by_position)) FROM calls WHERE timeout = 'none'
	UNION ALL SELECT 'run_pipeline, named', outcome(format('CALL run_pipeline(%s)', by_name)) FROM calls WHERE timeout = 'none'
	UNION ALL SELECT 'trigger_and_wait', outcome(format('CALL trigger_and_wait(%s)', by_position)) FROM calls WHERE context <> 'none' OR timeout = 'none'
	UNION ALL SELECT 'trigger_and_wait, named', outcome(format('CALL trigger_and_wait(%s, raise_error => false)', by_name)) FROM calls
	UNION ALL SELECT routine || ' of a pipeline alone', outcome(format('SELECT %s(%s)', routine, pipeline_value))
		FROM calls, unnest('{get_pipeline,explain_pipeline,pause_pipeline,resume_pipeline,stop_pipeline,drop_pipeline}'::text[]) routine
		WHERE context = 'none' AND timeout = 'none'
) tried GROUP BY routine, outcome ORDER BY routine, outcome;

-- A run that is over, to wait for.
CREATE TABLE over (run uuid);
SELECT pause_pipeline('visits');
INSERT INTO over SELECT trigger_pipeline('visits', if_paused => 'skip');
SELECT resume_pipeline('visits');
SELECT routine, outcome, count(*) FROM (
	SELECT routine, outcome(format('SELECT %s(%s)', routine, concat_ws(', ', format(run_format, run), t.value)))
	FROM over, given t, unnest('{wait_for_run,wait_for_batch}'::text[]) routine, unnest('{%L,%L::uuid}'::text[]) run_format
	WHERE t.what = 'timeout'
) tried GROUP BY routine, outcome ORDER BY routine, outcome;

-- What the server says that parameters without a type are, to drivers that ask (asyncpg, pgx): what they were before there were
-- forms for text.
CREATE FUNCTION described(call text, VARIADIC given text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	types text;
BEGIN
	EXECUTE format('PREPARE described(%s) AS SELECT %s', array_to_string(given, ', '), call);
	SELECT array_to_string(parameter_types, ', ') INTO types FROM pg_prepared_statements WHERE name = 'described';
	DEALLOCATE described;
	RETURN types;
EXCEPTION WHEN undefined_function OR ambiguous_function THEN RETURN SQLERRM;
END $$;
SELECT p.type AS pipeline, c.type AS context, described('trigger_pipeline($1, $2)', p.type, c.type)
FROM given p, given c WHERE p.what = 'pipeline' AND c.what = 'context' AND c.type NOT IN ('none', 'null') ORDER BY p.type, c.type;
SELECT p.type AS pipeline, described('trigger_pipeline($1, if_running => $2)', p.type, 'unknown') FROM given p WHERE p.what = 'pipeline' ORDER BY p.type;
SELECT r AS run, t.type AS timeout, described('wait_for_run($1, $2)', r, t.type) AS described, described('wait_for_batch($1, $2)', r, t.type) AS of_a_batch
FROM unnest('{unknown,uuid}'::text[]) r, given t WHERE t.what = 'timeout' AND t.type NOT IN ('none', 'null') ORDER BY r, t.type;
SELECT described('run_log($1)', 'unknown'), described('apply_pipeline($1)', 'unknown'),
	described('create_pipeline($1, options => $2)', 'unknown', 'unknown');

-- The context arrives, whatever it came as; a null is an empty one.
BEGIN;
SELECT trigger_pipeline('visits'::varchar, c, if_running => 'queue') IS NOT NULL AS text FROM (VALUES ('{"from": "text"}'::text), (NULL)) v (c);
SELECT trigger_pipeline('visits'::varchar, c, if_running => 'queue') IS NOT NULL AS json FROM (VALUES ('{"from": "json"}'::json), (NULL)) v (c);
SELECT trigger_pipeline(:'id'::uuid, '{"from": "varchar"}'::varchar, if_running => 'queue') IS NOT NULL AS varchar;
SELECT context, count(*) FROM pipeline_runs WHERE pipeline = 'visits' AND status = 'pending' GROUP BY context ORDER BY context;
ROLLBACK;

-- What is wrong is said as it is of a literal.
\set SHOW_CONTEXT never
SELECT trigger_pipeline('visits'::text, '{'::text);
SELECT trigger_pipeline('visits'::text, '[1]'::json);
SELECT trigger_pipeline('no such'::varchar, '{}'::varchar);
SELECT trigger_pipeline(NULL::varchar, '{}'::varchar);
CALL trigger_and_wait('visits'::text, '{}'::text, 'soon'::text);
SELECT wait_for_run(run, 'soon'::varchar) FROM over;
SELECT trigger_pipeline('visits'::text, format('{"a": "%s"}', repeat('x', 2000000)));

-- The types are for arguments alone.
CREATE TABLE kept (argument sluice.json_argument);

\c - :superuser
SET client_min_messages = warning;
DROP SCHEMA arguments CASCADE;
SELECT drop_pipeline(id, running => 'stop') FROM pipelines WHERE owner = 'argument_user';
SELECT disallow_pipelines('argument_user');
REVOKE USAGE ON SCHEMA public FROM argument_user;
DROP ROLE argument_user;
