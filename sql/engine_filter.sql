-- Which filters a PostgreSQL source applies itself, and that the answer is the same wherever they are applied.
SET client_min_messages = warning;
-- As a run has them.
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_filter;
SET search_path = engine_filter, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_filter_source FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_filter_source OPTIONS (user :'role');
CREATE TYPE feeling AS ENUM ('fine', 'sad');
CREATE TABLE src AS SELECT i AS id, 'name ' || i AS name, (i / 8.0)::numeric(12,3) AS amount, '2026-01-01 UTC'::timestamptz + i * interval '1 hour' AS at,
	i % 2 = 0 AS ok, jsonb_build_object('i', i) AS data, (CASE WHEN i % 3 = 0 THEN 'sad' ELSE 'fine' END)::feeling AS mood, ARRAY[i, i + 1] AS pair
FROM generate_series(1, 100) AS i;
CREATE FUNCTION odd(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 2 = 1';

-- Every filter against the same condition asked here; who applies it is in the log.
CREATE TABLE filters (n int GENERATED ALWAYS AS IDENTITY, condition text);
INSERT INTO filters (condition) VALUES
	('id > 10'), ('id BETWEEN 5 AND 7 OR amount >= 12.5 AND NOT ok'), ('ok IS NOT TRUE -- a comment'), ('id IN (1, 2, 3)'), ('id % 10 = 3'),
	('name = ''name 7'''), ('name LIKE ''name 1%'''), ('name IN (''name 1'', ''name 2'')'), ('at >= ''2026-01-02 00:00:00+00'''), ('at < timestamptz ''2026-01-02 12:00+02'''),
	('at::date = date ''2026-01-03'''), ('data ? ''i'''), ('id = ANY (pair)'), ('name > ''name 5'''), ('upper(name) = ''NAME 7'''), ('at < now()'), ('at < ''tomorrow'''),
	('at < ''01/05/2026'''), ('engine_filter.odd(id)'), ('mood = ''sad'''), ('data ->> ''i'' = ''5'''), ('id < coalesce(nullif(run_context() ->> ''max'', ''''), ''20'')::int'),
	('id = (SELECT 5)'), ('source IS NOT NULL'), ('CASE WHEN ok THEN id > 50 ELSE false END'), ('true'), ('NULL');
SELECT count(create_pipeline('filter ' || n, source => 'engine_filter_source', source_table => 'engine_filter.src',
	destination_table => 'engine_filter.dst_' || n, columns => 'id', filter => condition)) FROM filters;
CREATE TABLE answers (n int, same bool, rows bigint);
DO $$
DECLARE
	f filters;
BEGIN
	FOR f IN SELECT * FROM filters ORDER BY n LOOP
		EXECUTE format('CALL run_pipeline(%L)', 'filter ' || f.n);
		EXECUTE format($f$INSERT INTO answers SELECT %s, array_agg(id ORDER BY id) IS NOT DISTINCT FROM
			(SELECT array_agg(id ORDER BY id) FROM engine_filter.src AS source WHERE (%s
			)), count(*) FROM engine_filter.dst_%1$s$f$, f.n, replace(f.condition, 'run_context()', $q$'{}'::jsonb$q$));
	END LOOP;
END $$;
SELECT f.condition, a.same, a.rows, regexp_replace(l.message, '^the filter is applied ', '') AS applied
FROM filters f JOIN answers a USING (n) JOIN pipeline_runs r ON r.pipeline_name = 'filter ' || f.n
	LEFT JOIN pipeline_log l ON l.run = r.id AND l.message LIKE 'the filter is applied %' ORDER BY n;

-- A query as source.
SELECT create_pipeline('of query', source => 'engine_filter_source', source_query => 'SELECT id AS a, name FROM engine_filter.src', destination_table => 'of_query',
	columns => 'a', filter => 'a > 95 AND source.a < 99') IS NOT NULL AS created;
SELECT line FROM explain_pipeline('of query') AS line WHERE line !~ '^(source|destination):';
CALL run_pipeline('of query') \gset
SELECT array_agg(a ORDER BY a) FROM of_query;

-- Where texts may be equal without having the same bytes, texts are compared here.
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
SELECT line FROM explain_pipeline('filter 6') AS line WHERE line LIKE 'filter:%';
SELECT line FROM explain_pipeline('filter 1') AS line WHERE line LIKE 'filter:%';
DROP COLLATION blind;

SET client_min_messages = error;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE owner = current_user AND name ~ '^(filter \d|of query)';
DROP SCHEMA engine_filter CASCADE;
DROP USER MAPPING FOR CURRENT_USER SERVER engine_filter_source;
DROP SERVER engine_filter_source;
