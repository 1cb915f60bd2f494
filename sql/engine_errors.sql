-- Bad input of the engine: a clear error with SQLSTATE and HINT, and nothing changed.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_errors;
SET search_path = engine_errors, public;
CREATE TABLE src (id int, name text, amount bigint, big numeric);
INSERT INTO src VALUES (1, 'one', 10, 1), (2, NULL, 3000000000, 1e30), (3, 'three', 30, 3);
CREATE TABLE dst (id int, name text, amount bigint);
INSERT INTO dst VALUES (0, 'before', 0);

-- What columns and filter may be. Nothing of it is run or planned when a pipeline is made.
\set make 'SELECT create_pipeline(''p'', source_table => ''src'', destination_table => ''dst'', load => ''append'','
:make columns => 'id, name FROM src; DROP TABLE src; --');
\echo :LAST_ERROR_SQLSTATE
:make columns => 'id; SELECT 1');
:make columns => 'id;');
:make columns => 'DISTINCT id');
:make columns => 'id INTO other');
:make columns => 'id FROM dst');
:make columns => 'id LIMIT 1');
:make columns => 'id UNION SELECT 2');
:make columns => 'id WHERE true');
:make columns => '-- nothing');
:make columns => 'id /* open');
:make columns => 'id, name)');
:make filter => 'id > 1) OR (true');
:make filter => 'id > 1 GROUP BY id');
:make filter => 'id > 1; DELETE FROM src');
:make filter => 'true ORDER BY 1');
:make filter => ' ');
:make filter => 'id = = 1');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_query => 'DELETE FROM src RETURNING *', destination_table => 'dst', load => 'append');
SELECT create_pipeline('p', source_query => 'SELECT 1; SELECT 2', destination_table => 'dst', load => 'append');
SELECT create_pipeline('p', source_query => 'SELECT * INTO other FROM src', destination_table => 'dst', load => 'append');
SELECT create_pipeline('p', source_query => 'SELEC 1', destination_table => 'dst', load => 'append');
CREATE FUNCTION loud() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'ran'; END $$;
:make columns => 'id', filter => 'id = loud()') IS NOT NULL AS not_run;
SELECT drop_pipeline('p');

-- Relations.
SELECT create_pipeline('p', source_table => 'nowhere', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
CREATE SEQUENCE seq;
SELECT create_pipeline('p', source_table => 'seq', destination_table => 'dst', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src', destination_table => 'seq', load => 'append');
\echo :LAST_ERROR_SQLSTATE
CREATE MATERIALIZED VIEW mat AS SELECT 1 AS id;
SELECT create_pipeline('p', source_table => 'src', destination_table => 'mat', load => 'append');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'pg_catalog.pg_class', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('p', source_table => 'src', destination_table => 'pipeline_runs', load => 'append');
\echo :LAST_ERROR_SQLSTATE

-- Columns, where both sides are here: found when the pipeline is made.
CREATE FUNCTION pipe(columns text DEFAULT NULL, destination_table text DEFAULT 'dst', source_query text DEFAULT NULL, filter text DEFAULT NULL, load text DEFAULT 'append') RETURNS bool
LANGUAGE sql AS $$
	SELECT drop_pipeline(id) FROM pipelines WHERE name = 'p';
	SELECT create_pipeline('p', source_table => CASE WHEN source_query IS NULL THEN 'src' END, source_query => source_query,
		destination_table => destination_table, columns => columns, filter => filter, load => load) IS NOT NULL;
$$;
-- extra columns
SELECT pipe();
\echo :LAST_ERROR_SQLSTATE
-- unnamed, duplicate, unknown
SELECT pipe('id, 1 + 1');
SELECT pipe('id, name AS id');
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('id, nome');
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('id, no_such_function(id) AS name');
SELECT pipe('id', filter => 'name');
SELECT pipe('id', filter => 'count(*) > 1');
-- incompatible; then at the run: out of range, too long, NULL, CHECK, domain
SELECT pipe('id, amount, now() AS name'), pipe('id, name AS amount');
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE strict (id int NOT NULL, name varchar(4), amount int CHECK (amount < 25));
SELECT pipe('id, amount', 'strict');
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('big::bigint AS amount, id', 'strict');
CALL run_pipeline('p') \gset
SELECT pipe('id, name', 'strict');
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('id, amount', 'strict', filter => 'id <> 2');
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('name, 1 AS amount', 'strict');
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('nullif(id, 3) AS id', 'strict');
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
CREATE DOMAIN tiny AS int CHECK (VALUE < 3);
CREATE TABLE in_domain (id tiny);
SELECT pipe('id', 'in_domain', load => 'replace');
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT pipe('1 / (id - 2) AS id', 'strict');
CALL run_pipeline('p') \gset
-- a pseudo-type, a schema that is not there
SELECT pipe(destination_table => 'engine_errors.fresh', source_query => 'SELECT ROW(1, 2) AS r', load => 'replace');
SELECT pipe(destination_table => 'fresh', columns => 'loud() AS id', load => 'replace');
CALL run_pipeline('p') \gset
SELECT to_regclass('fresh');
-- changed since: told by the run, and when what is loaded is said anew
SELECT pipe('id', source_query => 'SELECT id, name FROM src', filter => 'name IS NULL') AS made;
ALTER TABLE src RENAME name TO label;
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('p', description => 'not looked at again', options => '{"max_retries": 1}');
SELECT alter_pipeline('p', options => '{"on_loss": "fail"}');
SELECT alter_pipeline('p', filter => 'name IS NOT NULL');
SELECT alter_pipeline('p', status => 'inactive'), alter_pipeline('p', filter => 'name IS NOT NULL');
SELECT alter_pipeline('p', status => 'active');
SELECT apply_pipeline('{"name": "p", "source_table": "src", "destination_table": "dst", "load": "append", "columns": "name"}');
SELECT apply_pipeline('{"name": "new", "source_table": "src", "destination_table": "dst", "load": "append", "columns": "name"}', dry_run => true);
ALTER TABLE src RENAME label TO name;
SELECT alter_pipeline('p', status => 'active');
-- read as by a run, whatever the session's settings; from a function, too, an error points into the pipeline's text
SET datestyle = 'SQL, DMY';
SELECT alter_pipeline('p', filter => $$date '12/31/2026' > '2026-01-01'$$);
RESET datestyle;
DO $$ BEGIN PERFORM alter_pipeline('p', filter => 'nome = 1'); END $$;
-- vanished since
CREATE TABLE gone (id int);
SELECT pipe('id', source_query => 'SELECT * FROM gone');
DROP TABLE gone;
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
CREATE TABLE gone (id int);
SELECT drop_pipeline('p');
SELECT create_pipeline('p', source_table => 'gone', destination_table => 'dst', load => 'append') IS NOT NULL AS ok;
DROP TABLE gone;
CALL run_pipeline('p') \gset
\echo :LAST_ERROR_SQLSTATE
-- nothing of all that changed anything
SELECT * FROM dst;
SELECT count(*) FROM strict;
SELECT count(*) FROM in_domain;
SELECT DISTINCT status FROM pipeline_runs WHERE pipeline_name = 'p';
SELECT drop_pipeline('p');

-- A missing user mapping.
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER engine_errors_far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
\set far 'SELECT create_pipeline(''far'', load => ''append'', destination_table => ''dst'', source_table => ''src'','
:far source => 'engine_errors_far');
\echo :LAST_ERROR_SQLSTATE
:far columns => 'id', destination => 'engine_errors_far');
CREATE USER MAPPING FOR PUBLIC SERVER engine_errors_far OPTIONS (user 'u', password 'p');
:far source => 'engine_errors_far') IS NOT NULL AS made;
SELECT drop_pipeline('far');
:far columns => 'id', destination => 'engine_errors_far') IS NOT NULL AS made;
SELECT alter_pipeline('far', columns => 'nome');
SELECT drop_pipeline('far');
DROP SERVER engine_errors_far CASCADE;

-- A relation that another pipeline makes.
SELECT create_pipeline('first', source_query => 'SELECT 1 AS id', destination_table => 'made_first', load => 'replace') IS NOT NULL AS made;
SELECT create_pipeline('second', source_table => 'made_first', destination_table => 'dst', load => 'append');
SET client_min_messages = notice;
SELECT create_pipeline('second', source_table => 'engine_errors.made_first', destination_table => 'dst', load => 'append', depends_on => '{first}', columns => 'id') IS NOT NULL AS made;
SELECT create_pipeline('third', source_query => 'SELECT id FROM engine_errors.made_first', destination_table => 'dst', load => 'append', depends_on => '{first}') IS NOT NULL AS made;
SELECT alter_pipeline('third', source_query => 'SELECT nome FROM engine_errors.src');
SET client_min_messages = warning;
CALL run_pipeline('first') \gset
SELECT alter_pipeline('second', columns => 'nome');
BEGIN;
CALL run_pipeline('second') \gset
ROLLBACK;
SELECT drop_pipeline('third'), drop_pipeline('second'), drop_pipeline('first');

-- An owner without rights.
CREATE ROLE regress_engine_owner LOGIN;
GRANT USAGE ON SCHEMA engine_errors TO regress_engine_owner;
SELECT allow_pipelines('regress_engine_owner');
-- names are looked up for the owner, rights asked of the owner whoever makes the pipeline
CREATE SCHEMA engine_errors_hidden CREATE TABLE t (id int);
SET ROLE regress_engine_owner;
SELECT create_pipeline('r', source_query => 'SELECT id FROM engine_errors_hidden.t', destination_table => 'dst', load => 'append');
RESET ROLE;
-- whoever makes one for another role, or takes it over, runs nothing of that role's: parsing a literal of a domain does
CREATE FUNCTION told(i int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'runs as %', current_user; RETURN true; END $$;
CREATE DOMAIN telling AS int CHECK (told(VALUE));
CREATE TYPE telling_pair AS (x telling);
\set tells '$$SELECT 1 AS id WHERE ''(1)''::telling_pair IS NOT NULL$$'
SELECT create_pipeline('tells', owner => 'regress_engine_owner', source_query => :tells, destination_table => 'dst', load => 'append') IS NOT NULL AS made;
SELECT alter_pipeline('regress_engine_owner/tells', filter => 'id > 0');
SELECT alter_pipeline('regress_engine_owner/tells', owner => session_user::name);
SELECT alter_pipeline('tells', filter => 'id > 1');
SELECT drop_pipeline('tells');
SET ROLE regress_engine_owner;
SELECT create_pipeline('tells', source_query => :tells, destination_table => 'dst', load => 'append') IS NOT NULL AS made;
SELECT drop_pipeline('tells');
RESET ROLE;
-- the check itself may take away what it has found
CREATE TABLE vanishing (id smallint, name text, amount bigint, big numeric);
CREATE FUNCTION vanish(i int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DROP TABLE IF EXISTS engine_errors.vanishing'; RETURN true; END $$;
CREATE DOMAIN vanisher AS int CHECK (vanish(VALUE));
CREATE TYPE vanishers AS (x vanisher);
SELECT create_pipeline('vanishes', source_table => 'src', filter => $$'(1)'::vanishers IS NOT NULL$$, destination_table => 'vanishing', load => 'append') IS NOT NULL AS made;
SELECT to_regclass('vanishing') IS NULL AS vanished;
SELECT drop_pipeline('vanishes');
SELECT create_pipeline('r', owner => 'regress_engine_owner', source_query => 'SELECT 1 AS id', destination_table => 'fresh', load => 'append');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('r', owner => 'regress_engine_owner', source_query => 'SELECT 1 AS id', destination_table => 'dst', load => 'append') IS NOT NULL AS made, current_user = session_user AS nothing_left_switched;
DROP SCHEMA engine_errors_hidden CASCADE;
SELECT drop_pipeline('regress_engine_owner/r');

-- Rights that a run will lack are told with what grants them, whoever makes the pipeline.
CREATE TABLE locked (id int, name text);
CREATE TABLE locked_dst (id int);
CREATE VIEW locked_view AS SELECT * FROM locked_dst;
SET client_min_messages = notice;
CREATE SCHEMA engine_errors_hidden CREATE TABLE t (id int);
SELECT create_pipeline('lacks', owner => 'regress_engine_owner', source_table => 'engine_errors_hidden.t', destination_table => 'dst', load => 'append') IS NOT NULL AS made;
SELECT drop_pipeline('regress_engine_owner/lacks');
DROP SCHEMA engine_errors_hidden CASCADE;
SELECT create_pipeline('lacks', owner => 'regress_engine_owner', source_table => 'locked', destination_table => 'locked_dst', load => 'replace') IS NOT NULL AS made;
GRANT SELECT (id), UPDATE ON locked TO regress_engine_owner;
GRANT INSERT (id) ON locked_dst TO regress_engine_owner;
SELECT alter_pipeline('regress_engine_owner/lacks', filter => 'id > 0');
SELECT alter_pipeline('regress_engine_owner/lacks', columns => 'id');
SELECT alter_pipeline('regress_engine_owner/lacks', destination_table => 'locked_view', load => 'replace');
GRANT INSERT ON locked_view TO regress_engine_owner;
SELECT alter_pipeline('regress_engine_owner/lacks', filter => 'id > 1');
SELECT alter_pipeline('regress_engine_owner/lacks', destination_table => 'locked_dst', load => 'append');
SELECT drop_pipeline('regress_engine_owner/lacks');
-- so are server and user mapping that cannot connect, for who is no superuser
SET client_min_messages = warning;
CREATE SERVER engine_errors_far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'x');
GRANT USAGE ON FOREIGN SERVER engine_errors_far TO regress_engine_owner;
CREATE USER MAPPING FOR PUBLIC SERVER engine_errors_far OPTIONS (user 'u');
\set far 'SELECT create_pipeline(''far'', owner => ''regress_engine_owner'', load => ''append'','
\set from 'source => ''engine_errors_far'', source_table => ''t'', destination_table => ''locked_dst'''
\set into 'source_table => ''locked'', columns => ''id'', destination => ''engine_errors_far'', destination_table => ''t'''
:far :from);
\echo :LAST_ERROR_SQLSTATE
:far :into);
ALTER SERVER engine_errors_far OPTIONS (ADD host '127.0.0.1');
:far :from);
\echo :LAST_ERROR_SQLSTATE
:far :into);
ALTER USER MAPPING FOR PUBLIC SERVER engine_errors_far OPTIONS (ADD password_required 'false');
:far :into) IS NOT NULL AS made;
SELECT drop_pipeline('regress_engine_owner/far');
ALTER USER MAPPING FOR PUBLIC SERVER engine_errors_far OPTIONS (DROP password_required, ADD password 'p');
SET client_min_messages = notice;
:far :from) IS NOT NULL AS made;
-- and the right to temporary tables, where rows from another server go through one
REVOKE TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
SELECT alter_pipeline('regress_engine_owner/far', filter => 'true');
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER pass BEFORE INSERT ON locked_dst FOR EACH ROW EXECUTE FUNCTION pass();
SELECT alter_pipeline('regress_engine_owner/far', filter => 'false');
GRANT TEMPORARY ON DATABASE :"DBNAME" TO PUBLIC;
SELECT alter_pipeline('regress_engine_owner/far', filter => 'true');
SET client_min_messages = warning;
SELECT drop_pipeline('regress_engine_owner/far');
DROP SERVER engine_errors_far CASCADE;
DROP TABLE locked, locked_dst CASCADE;
\set superuser :USER
\set here 'SET client_min_messages = warning; SET search_path = engine_errors, public;'
\c - regress_engine_owner
:here
SELECT create_pipeline('r', source_query => 'SELECT id, name, amount FROM src', destination_table => 'dst', load => 'append') IS NOT NULL AS ok;
CALL run_pipeline('r') \gset
\echo :LAST_ERROR_SQLSTATE
\c - :superuser
:here
GRANT INSERT ON dst TO regress_engine_owner;
\c - regress_engine_owner
:here
CALL run_pipeline('r') \gset
\echo :LAST_ERROR_SQLSTATE
\c - :superuser
:here
GRANT SELECT (id, name, amount) ON src TO regress_engine_owner;
\c - regress_engine_owner
:here
CALL run_pipeline('r') \gset
SELECT alter_pipeline('r', load => 'replace');
CALL run_pipeline('r') \gset
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('r', load => 'append', destination_table => 'fresh');
\echo :LAST_ERROR_SQLSTATE
SELECT drop_pipeline('r');
\c - :superuser
:here
SELECT count(*) FROM dst;
-- column rights are enough for the columns that are loaded
REVOKE INSERT ON dst FROM regress_engine_owner;
GRANT INSERT (id) ON dst TO regress_engine_owner;
\c - regress_engine_owner
:here
SELECT create_pipeline('r', source_query => 'SELECT id FROM src', destination_table => 'dst', load => 'append') IS NOT NULL AS ok;
CALL run_pipeline('r') \gset
SELECT alter_pipeline('r', source_query => 'SELECT id, name FROM src');
CALL run_pipeline('r') \gset
SELECT drop_pipeline('r');
\c - :superuser
:here
SELECT count(*) FROM dst;
-- the source's row as a whole has no type that the column could take: refused, where it once ended the server
CREATE TYPE pair AS (a int, b text);
CREATE TABLE pairs (p pair, t text);
\set whole 'SELECT create_pipeline(''whole'', source_query => $$SELECT 1 AS a, ''x'' AS b$$, destination_table => ''pairs'', load => ''append'','
:whole columns => 'source AS p');
:whole columns => 'ROW(a, source) AS p');
:whole columns => 'ROW(a, b) AS p, source AS t') IS NOT NULL AS made;
CALL run_pipeline('whole') \gset
TABLE pairs;
SELECT drop_pipeline('whole');
-- what fails inside a function is not blamed on columns, filter or the source's values
CREATE FUNCTION looks_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM nowhere; RETURN NEW; END $$;
CREATE TABLE watched (id int);
CREATE TRIGGER looks_up BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION looks_up();
SELECT create_pipeline('watched', source_query => 'SELECT 1 AS id', destination_table => 'watched', load => 'append') IS NOT NULL AS made;
CALL run_pipeline('watched');
CREATE FUNCTION strict(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (i || 'x')::int; END $$;
DROP TRIGGER looks_up ON watched;
SELECT alter_pipeline('watched', columns => 'strict(id) AS id');
CALL run_pipeline('watched');
-- A condition is no column's.
SELECT alter_pipeline('watched', filter => 'strict(id) > 0', columns => 'id + 0 AS id');
CALL run_pipeline('watched');
SELECT drop_pipeline('watched');
SET client_min_messages = warning;
DROP SCHEMA engine_errors CASCADE;
SELECT disallow_pipelines('regress_engine_owner');
DROP OWNED BY regress_engine_owner;
DROP ROLE regress_engine_owner;
