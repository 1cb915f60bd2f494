-- The option on_loss: on each way that rows take, a value that its column would change fails the run, and all others load.
SET client_min_messages = notice;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_loss;
SET search_path = engine_loss, public;
\set log 'SELECT level, message FROM pipeline_log WHERE run = :''run'' AND message LIKE ''columns: column %'' ORDER BY line;'
CREATE TABLE src (id int, amount numeric, note text);
INSERT INTO src VALUES (1, 1.50, 'ab'), (2, NULL, NULL), (3, 'NaN', ''), (4, 7.000, 'abc');
CREATE TABLE dst (id int, amount numeric(10,2), note varchar(3));
SELECT create_pipeline('exact', source_table => 'src', destination_table => 'dst', load => 'replace', options => '{"on_loss": "fail"}') IS NOT NULL AS made;
SELECT * FROM explain_pipeline('exact') AS line WHERE line LIKE 'columns: %';
CALL run_pipeline('exact') \gset
:log
TABLE dst;
INSERT INTO src VALUES (5, 1.2549, 'x');
\set VERBOSITY verbose
CALL run_pipeline('exact');
\set VERBOSITY default
UPDATE src SET amount = 1, note = E'\x1bab' || repeat(' ', 300) WHERE id = 5;
CALL run_pipeline('exact');
SELECT count(*) FROM dst;

-- consent: a cast, a value of one's own, no option; a cast to something else is none
SELECT alter_pipeline('exact', columns => 'id, amount / 3 AS amount');
CALL run_pipeline('exact');
SELECT alter_pipeline('exact', columns => 'id, (amount / 3)::numeric(10,2) AS amount');
CALL run_pipeline('exact') \gset
:log
SELECT alter_pipeline('exact', columns => 'id, 1.2549 AS amount');
CALL run_pipeline('exact') \gset
SELECT DISTINCT amount FROM dst;
SELECT alter_pipeline('exact', columns => 'id, (amount / 3)::numeric(10,4) AS amount');
CALL run_pipeline('exact');
SELECT alter_pipeline('exact', options => '{"on_loss": "warn"}');
CALL run_pipeline('exact') \gset
:log
SELECT alter_pipeline('exact', options => '{"on_loss": "fail"}', columns => 'id, amount', filter => 'id < 5');
CALL run_pipeline('exact') \gset
SELECT create_pipeline('unknown', source_table => 'src', destination_table => 'dst', load => 'append', options => '{"on_loss": "ignore"}');

-- every way into a table: the same good rows and the same bad one
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER loss_loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER loss_loop OPTIONS (user :'role');
CREATE TABLE s (id int, amount numeric(12,4));
CREATE FOREIGN TABLE far (id int, amount numeric(12,4)) SERVER loss_loop OPTIONS (schema_name 'engine_loss', table_name 's');
CREATE TABLE plain (id int, amount numeric(10,2));
CREATE TABLE keyed (id int PRIMARY KEY, amount numeric(10,2));
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE triggered (id int, amount numeric(10,2));
CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE parted (id int, amount numeric(10,2)) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted DEFAULT;
CREATE VIEW viewed AS SELECT * FROM plain;
CREATE DOMAIN cents AS numeric(10,2) CHECK (VALUE < 100);
CREATE TABLE in_domain (id int, amount cents);
SET client_min_messages = warning;
CREATE TABLE ways AS
SELECT format('%s_%s_%s', source, destination, load) AS name, source, destination, load
FROM unnest('{local,query,sorted,server,grouped,wrapper}'::text[]) AS source,
	unnest('{plain,keyed,triggered,parted,viewed,in_domain}'::text[]) AS destination, unnest('{append,replace}'::text[]) AS load
WHERE destination <> 'viewed' OR load = 'append';
SELECT count(create_pipeline(name, source => CASE WHEN source IN ('server', 'grouped') THEN 'loss_loop' END,
	source_table => CASE source WHEN 'local' THEN 's' WHEN 'server' THEN 'engine_loss.s' WHEN 'grouped' THEN 'engine_loss.s' WHEN 'wrapper' THEN 'far' END,
	source_query => CASE WHEN source IN ('query', 'sorted') THEN 'SELECT id, amount FROM engine_loss.s' || CASE source WHEN 'sorted' THEN ' ORDER BY amount' ELSE '' END END,
	columns => CASE source WHEN 'grouped' THEN 'id, (SELECT source.amount) AS amount' END, destination_table => destination, load => load, options => '{"on_loss": "fail"}')) > 60 AS many FROM ways;
CREATE TABLE seen (name text, rows bigint, error text);
DO $$
DECLARE way record; failure text; run uuid;
BEGIN
	FOR way IN SELECT * FROM ways LOOP
		FOR bad IN 0 .. 1 LOOP
			TRUNCATE s, plain, keyed, triggered, parted, in_domain;
			INSERT INTO s SELECT i, i + 0.25 FROM generate_series(1, 20) i;
			UPDATE s SET amount = amount + 0.001 WHERE id = 13 AND bad = 1;
			COMMIT;
			BEGIN
				CALL run_pipeline(way.name, '{}', run);
				failure := '';
			EXCEPTION WHEN numeric_value_out_of_range THEN failure := SQLERRM;
			END;
			EXECUTE format('INSERT INTO seen SELECT %L, count(*), %L FROM %s', way.name, failure, way.destination);
			COMMIT;
		END LOOP;
	END LOOP;
END $$;
SELECT rows, error, count(*) = (SELECT count(*) FROM ways) AS all_ways FROM seen GROUP BY rows, error ORDER BY rows;

-- evaluated once, in arrays, in a row, in a table made by the run, for an owner without rights of his own
CREATE SEQUENCE calls;
CREATE TABLE once (n int);
CREATE TABLE arrays (n int[]);
CREATE TYPE pair AS (a numeric(4,1), b varchar(2));
CREATE TABLE pairs (p pair);
CREATE ROLE regress_loss_owner LOGIN;
GRANT USAGE, CREATE ON SCHEMA engine_loss TO regress_loss_owner;
GRANT ALL ON ALL TABLES IN SCHEMA engine_loss TO regress_loss_owner;
SELECT allow_pipelines('regress_loss_owner');
CREATE FUNCTION load(query text, destination text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE run uuid;
BEGIN
	PERFORM create_pipeline('load', source_query => query, destination_table => destination, load => 'replace', options => '{"on_loss": "fail"}');
	CALL run_pipeline('load', '{}', run);
	PERFORM drop_pipeline('load');
	RETURN 'loaded';
EXCEPTION WHEN data_exception OR numeric_value_out_of_range OR string_data_right_truncation THEN RETURN SQLERRM;
END $$;
SELECT load('SELECT nextval(''engine_loss.calls'')::numeric AS n FROM generate_series(1, 5)', 'once');
SELECT max(n), last_value FROM once, calls GROUP BY last_value;
SELECT load('SELECT ''{1.0,NULL,-2}''::numeric[] AS n FROM engine_loss.s', 'arrays'), load('SELECT array_append(NULL, amount) AS n FROM engine_loss.s', 'arrays');
SELECT create_pipeline('rows', source_query => 'SELECT 1.5::numeric AS x, ''ab''::text AS y', columns => 'ROW(x, y) AS p', destination_table => 'pairs', load => 'append', options => '{"on_loss": "fail"}') IS NOT NULL AS made;
SELECT * FROM explain_pipeline('rows') AS line WHERE line LIKE 'columns: %';
CALL run_pipeline('rows') \gset
SELECT alter_pipeline('rows', columns => 'ROW(x, y || ''  '') AS p');
CALL run_pipeline('rows');
TABLE pairs;
\set superuser :USER
\set here 'SET client_min_messages = warning; SET search_path = engine_loss, public;'
\c - regress_loss_owner
:here
SELECT load('SELECT 1.25 + id AS amount FROM engine_loss.s', 'engine_loss.plain'), load('SELECT 1.255 + id AS amount FROM engine_loss.s', 'engine_loss.triggered'),
	load('SELECT 1.255 + id AS amount FROM engine_loss.s', 'engine_loss.made_by_run');
\c - :superuser
:here

-- numbers that floating-point numbers hold to the last digit, and called by hand with anything
SELECT sluice.assign_exactly(1180591620717411303424, NULL::float8, -1, 'v'), sluice.assign_exactly(9007199254740991, NULL::float8, -1, 'v'), sluice.assign_exactly(NULL::numeric, NULL::int, -1, 'v') IS NULL AS is_null;
SELECT sluice.assign_exactly(9007199254740993, NULL::float8, -1, 'v');
SELECT sluice.assign_exactly('x', NULL::int, -1, 'v');
SELECT sluice.assign_exactly(1, NULL::uuid, 7, NULL);
SELECT sluice.assign_exactly(x, NULL::numeric, 262149 + x::int, 'v') FROM generate_series(0, 1) AS x;

SET client_min_messages = warning;
SELECT count(drop_pipeline(id)) > 60 AS many FROM pipelines WHERE destination_table LIKE 'engine_loss.%';
DROP OWNED BY regress_loss_owner;
DROP ROLE regress_loss_owner;
DROP SERVER loss_loop CASCADE;
DROP SCHEMA engine_loss CASCADE;
