-- Foreign tables through the executor: known wrappers fetch many rows at a time, unless somebody has decided otherwise.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_foreign;
SET search_path = engine_foreign, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER foreign_a FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE SERVER foreign_b FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database', fetch_size '50');
CREATE USER MAPPING FOR CURRENT_USER SERVER foreign_a OPTIONS (user :'role');
CREATE USER MAPPING FOR CURRENT_USER SERVER foreign_b OPTIONS (user :'role');
\set log 'SELECT message FROM pipeline_log WHERE run = :''run'' AND (message ~ ''fetch|estimate'') ORDER BY line;'

-- What the source was asked comes back as a row.
CREATE VIEW asked AS SELECT n AS id, substring(current_query() FROM 'FETCH \d+') AS query, 'x' AS wide FROM generate_series(1, 3) n;
CREATE FOREIGN TABLE ask_a (id int, query text) SERVER foreign_a OPTIONS (schema_name 'engine_foreign', table_name 'asked');
CREATE FOREIGN TABLE ask_b (id int, query text) SERVER foreign_b OPTIONS (schema_name 'engine_foreign', table_name 'asked');
CREATE FOREIGN TABLE ask_20 (id int, query text) SERVER foreign_a OPTIONS (schema_name 'engine_foreign', table_name 'asked', fetch_size '20');
CREATE FOREIGN TABLE ask_wide (id int, query text, wide char(1000000)) SERVER foreign_a OPTIONS (schema_name 'engine_foreign', table_name 'asked');
CREATE TABLE local (id int, name text);
INSERT INTO local VALUES (1, 'one'), (2, 'two');
CREATE TABLE answers (id int, query text, wide text);
CREATE FUNCTION pipe(name text, source_table text DEFAULT NULL, source_query text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS bool LANGUAGE sql AS $$
	SELECT create_pipeline(name, source_table => source_table, source_query => source_query, destination_table => 'answers', load => 'replace', options => options) IS NOT NULL
$$;

SELECT pipe('one', 'ask_a'), pipe('asked', 'ask_a', options => '{"fetch_size": 7}'), pipe('server', 'ask_b'),
	pipe('server_asked', 'ask_b', options => '{"fetch_size": 8}'), pipe('table', 'ask_20'), pipe('wide', 'ask_wide');
CALL run_pipeline('one') \gset
:log
SELECT id, query FROM answers ORDER BY id;
CALL run_pipeline('asked') \gset
:log
SELECT DISTINCT query FROM answers;
CALL run_pipeline('server') \gset
:log
SELECT DISTINCT query FROM answers;
CALL run_pipeline('server_asked') \gset
:log
SELECT DISTINCT query FROM answers;
CALL run_pipeline('table') \gset
:log
SELECT DISTINCT query FROM answers;
-- rows that the planner thinks are wide do not fill the memory
CALL run_pipeline('wide') \gset
:log
SELECT DISTINCT query FROM answers;

-- scans anywhere in the plan: of several servers, below a join, a sort, an aggregate, a subquery, in a CTE and a sublink
SELECT pipe('several', source_query => $$SELECT 10 + id AS id, query FROM ask_a UNION ALL SELECT 20 + id, query FROM ask_b
	UNION ALL SELECT 30 + id, query || ' ' || name FROM (SELECT DISTINCT id, query FROM ask_a ORDER BY id OFFSET 0) s JOIN local USING (id)
	UNION ALL (WITH q AS MATERIALIZED (SELECT * FROM ask_a) SELECT 40 + id, query FROM q)
	UNION ALL SELECT 50 + id, (SELECT query || ' of a sublink' FROM ask_a a WHERE a.id = l.id OFFSET 0) FROM local l
	UNION ALL SELECT 60 + count(*), min(query) FROM ask_a GROUP BY random() > 2$$);
CALL run_pipeline('several') \gset
:log
SELECT id, query FROM answers ORDER BY id;
-- two tables of one server are joined there
CREATE TABLE far (id int, t text);
INSERT INTO far SELECT n, 'far ' || n FROM generate_series(1, 3) n;
CREATE FOREIGN TABLE far_a (id int, t text) SERVER foreign_a OPTIONS (schema_name 'engine_foreign', table_name 'far');
SELECT pipe('joined', source_query => 'SELECT a.id, query, t AS wide FROM ask_a a JOIN far_a f ON a.id = f.id');
CALL run_pipeline('joined') \gset
SELECT * FROM answers ORDER BY id;
-- staged, because rows are inserted by SQL
CREATE VIEW answers_view AS SELECT id, query FROM answers;
SELECT create_pipeline('staged', source_table => 'ask_a', destination_table => 'answers_view', load => 'replace') IS NOT NULL AS ok;
CALL run_pipeline('staged') \gset
:log
SELECT DISTINCT query FROM answers;
-- nothing of it stays
SELECT foreign_table_name, option_name, option_value FROM information_schema.foreign_table_options WHERE option_name = 'fetch_size';

-- Wrappers known by name; postgres_fdw plays their parts.
CREATE FOREIGN DATA WRAPPER oracle_fdw HANDLER postgres_fdw_handler;
CREATE FOREIGN DATA WRAPPER tds_fdw HANDLER postgres_fdw_handler;
CREATE FOREIGN DATA WRAPPER other_fdw HANDLER postgres_fdw_handler;
CREATE SERVER oracle FOREIGN DATA WRAPPER oracle_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE SERVER oracle_set FOREIGN DATA WRAPPER oracle_fdw OPTIONS (host :'socket', port :'port', dbname :'database', prefetch '90');
CREATE SERVER tds FOREIGN DATA WRAPPER tds_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE SERVER tds_set FOREIGN DATA WRAPPER tds_fdw OPTIONS (host :'socket', port :'port', dbname :'database', row_estimate_method 'showplan_all');
CREATE SERVER other FOREIGN DATA WRAPPER other_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER oracle OPTIONS (user :'role');
CREATE USER MAPPING FOR CURRENT_USER SERVER oracle_set OPTIONS (user :'role');
CREATE USER MAPPING FOR CURRENT_USER SERVER tds OPTIONS (user :'role');
CREATE USER MAPPING FOR CURRENT_USER SERVER tds_set OPTIONS (user :'role');
CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user :'role');
CREATE FOREIGN TABLE ask_oracle (id int, query text) SERVER oracle OPTIONS (schema_name 'engine_foreign', table_name 'asked');
CREATE FOREIGN TABLE ask_oracle_60 (id int, query text) SERVER oracle OPTIONS (schema_name 'engine_foreign', table_name 'asked', prefetch '60');
CREATE FUNCTION from_server(server text, source_table text DEFAULT 'engine_foreign.asked', options jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE this uuid; said text;
BEGIN
	PERFORM create_pipeline('wrapper', source => server, source_table => source_table, destination_table => 'answers', load => 'replace', options => options);
	CALL run_pipeline('wrapper', '{}', this);
	said := (SELECT string_agg(message, E'\n' ORDER BY line) FROM pipeline_log WHERE run = this AND message ~ 'fetch|estimate');
	PERFORM drop_pipeline('wrapper');
	RETURN said;
END $$;
SELECT server, from_server(server) FROM unnest('{oracle,oracle_set,tds,tds_set,other}'::text[]) server;
SELECT from_server('oracle', options => '{"fetch_size": 30}'), from_server('oracle_set', options => '{"fetch_size": 30}');
SELECT from_server('oracle', 'ask_oracle'), from_server('oracle', 'ask_oracle_60');
-- a release that does not know the option
ALTER FOREIGN DATA WRAPPER oracle_fdw VALIDATOR postgres_fdw_validator;
SELECT from_server('oracle');
SELECT count(*) FROM answers;

SET client_min_messages = error;
DROP FOREIGN DATA WRAPPER oracle_fdw, tds_fdw, other_fdw CASCADE;
DROP SERVER foreign_a, foreign_b CASCADE;
SELECT count(drop_pipeline(name)) FROM pipelines WHERE name = ANY ('{one,asked,server,server_asked,table,wide,several,joined,staged}');
DROP SCHEMA engine_foreign CASCADE;
