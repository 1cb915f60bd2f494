-- Bad input of the functions that define: an error with SQLSTATE and hint, and nothing changed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA define_errors;
SET search_path = define_errors, public;
CREATE TABLE src (a int);
CREATE TABLE dst (a int);
CREATE TEMP TABLE tmp (a int);
SELECT create_pipeline('taken', source_table => 'src', destination_table => 'dst', load => 'append') IS NOT NULL AS created;
\set make 'SELECT create_pipeline(''p'', source_table => ''src'', destination_table => ''dst'', load => ''append'','

-- Names.
SELECT create_pipeline(NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('');
SELECT create_pipeline('  ');
SELECT create_pipeline('a/b');
SELECT create_pipeline(repeat('ü', 256));
SELECT create_pipeline('0190a3b4-0000-7000-8000-000000000000');
SELECT create_pipeline('{0190A3B4-0000-7000-8000000000000000}');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY sqlstate
SELECT create_pipeline('taken', status => 'inactive');
\set VERBOSITY default
SELECT create_pipeline(repeat('ü', 255), status => 'inactive') IS NOT NULL AS longest;
SELECT drop_pipeline(repeat('ü', 255));

-- Incomplete.
SELECT create_pipeline('p');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src');
SELECT create_pipeline('p', source_table => 'src', source_query => 'SELECT 1', destination_table => 'dst');
\echo :LAST_ERROR_SQLSTATE

-- Unknown things.
SELECT create_pipeline('p', source => 'nowhere', source_table => 'src', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'srk', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src', destination_table => 'no_schema.dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src', destination_table => 'other_db.public.dst', load => 'append');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'a.b.c.d', load => 'append');
SELECT create_pipeline('p', source_table => 'src', destination_table => '', load => 'append');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'tmp', load => 'append');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'pg_temp.t', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'tmp', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
CREATE VIEW tmp_view AS SELECT * FROM tmp;
SELECT create_pipeline('p', source_query => 'WITH w AS (SELECT * FROM tmp_view) SELECT a FROM w', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
:make filter => 'EXISTS (SELECT FROM pg_temp.tmp)');
SET search_path = '';
SELECT public.create_pipeline('p', source_table => 'define_errors.src', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SET search_path = define_errors, public;

-- Values out of what they may be.
:make mode => 'stream');
:make mode => 'bath');
\echo :LAST_ERROR_SQLSTATE
:make status => 'on');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'repalce');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'upsert');
:make timezone => 'Mars/Olympus');
\echo :LAST_ERROR_SQLSTATE
:make timezone => 'CEST');
:make timezone => '+02:00');
:make timezone => 'EST5EDT4');
:make timezone => '');
:make schedule => '* * * *');
\echo :LAST_ERROR_SQLSTATE
:make schedule => '61 * * * *');
:make schedule => '0 0 30 2 *');
:make schedule => 'every month');
:make schedule => '');
:make options => '[]');
:make options => '{"fetch_siez": 1}');
\echo :LAST_ERROR_SQLSTATE
:make options => '{"fetch_size": 0}');
:make options => '{"fetch_size": "many"}');
:make options => '{"source_idle_timeout": "1 fortnight"}');
:make options => '{"unknown": null}');
:make tags => '{a,NULL}');
\echo :LAST_ERROR_SQLSTATE
:make owner => 'nobody_at_all');
\echo :LAST_ERROR_SQLSTATE

-- Not yet, but never ignored.
:make mode => 'realtime');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'merge');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'mirror');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', load => 'history');
:make key_columns => '{a}');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', key_columns => '{unknown}');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst', cursor_column => 'a', load => 'replace');
:make destination => 'elsewhere');
\echo :LAST_ERROR_SQLSTATE
:make key_columns => '{}', depends_on => '{}') IS NOT NULL AS empty_lists_are_none;
SELECT alter_pipeline('p', mode => 'realtime');
SELECT alter_pipeline('p', key_columns => '{a}');

-- The same checks when altering, and nothing has changed.
SELECT alter_pipeline('p', schedule => 'x');
SELECT alter_pipeline('p', source_table => 'srk');
SELECT alter_pipeline('p', reset => '{destination_table}');
SELECT alter_pipeline('p', reset => '{a,NULL}');
SELECT alter_pipeline('no such', description => 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline(NULL::uuid, description => 'x');
SELECT rename_pipeline('p', 'a/b');
SELECT rename_pipeline('p', NULL);
SELECT name, version, schedule, source_table FROM pipelines WHERE name IN ('p', 'taken') ORDER BY 1;
SELECT drop_pipeline('p'), drop_pipeline('taken');
DROP SCHEMA define_errors CASCADE;
