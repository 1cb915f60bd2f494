-- What is loaded may be another shape than the source's: columns left out, a query over the rows, SQL around the load; and whether all rows came.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_reshape;
SET search_path = engine_reshape, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_reshape FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_reshape OPTIONS (user :'role');
\set counts 'SELECT status, records_read AS read, records_inserted AS inserted, records_updated AS updated, records_unchanged AS unchanged, records_duplicate AS duplicate, records_filtered AS filtered FROM pipeline_runs WHERE id = :''run'';'

CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE src (id int PRIMARY KEY, region text, amount numeric(10, 2), old text, secret text, feeling mood, at timestamp);
INSERT INTO src SELECT i, CASE WHEN i % 3 = 0 THEN 'north' ELSE 'south' END, i * 1.5, 'o' || i, 's' || i, CASE WHEN i % 2 = 0 THEN 'ok' ELSE 'sad' END::mood, '2026-01-01'::timestamp + i * interval '1 minute'
FROM generate_series(1, 6) AS i;

-- "*" and more
SELECT create_pipeline('gross', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'gross_t', columns => '*, amount * 1.19 AS gross') IS NOT NULL AS made;
CALL run_pipeline('gross') \gset
\d gross_t
SELECT id, gross FROM gross_t ORDER BY id LIMIT 2;

-- exclude_columns: neither loaded nor read
SELECT create_pipeline('without', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'without_t', options => '{"exclude_columns": ["secret", "old"]}') IS NOT NULL AS made;
SELECT line FROM explain_pipeline('without') AS line WHERE line ~ 'COPY|CREATE TABLE';
CALL run_pipeline('without') \gset
SELECT * FROM without_t ORDER BY id LIMIT 2;
-- one column called otherwise, the rest as they are
SELECT create_pipeline('renamed', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'renamed_t', columns => '*, old AS new', options => '{"exclude_columns": ["secret", "old"]}') IS NOT NULL AS made;
SELECT line FROM explain_pipeline('renamed') AS line WHERE line ~ 'COPY|CREATE TABLE';
CALL run_pipeline('renamed') \gset
SELECT * FROM renamed_t ORDER BY id LIMIT 2;
SELECT * FROM preview_pipeline('renamed', 1);
-- the same in this database, and the error at once
SELECT create_pipeline('here', source_table => 'src', destination_table => 'here_t', columns => 'source.*, old AS new', filter => 'secret > ''s3''', options => '{"exclude_columns": ["secret", "old"]}') IS NOT NULL AS made;
CALL run_pipeline('here') \gset
SELECT * FROM here_t ORDER BY id LIMIT 2;
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"exclude_columns": ["secrte"]}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"exclude_columns": ["nothing_like_it"]}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"exclude_columns": "secret"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"exclude_columns": [1]}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', columns => 'id, count(*) OVER () AS n', options => '{"exclude_columns": ["secret"]}');
SELECT create_pipeline('wrong', source_query => 'SELECT 1 AS a', destination_table => 'wrong_t', options => '{"exclude_columns": ["a"]}');
SELECT alter_pipeline('without', options => '{"exclude_columns": ["Secret"]}');
CALL run_pipeline('without');
SELECT verdict, message, hint FROM validate_pipeline('without') WHERE verdict = 'error';
-- Taken back, the column is one that is new; left out anew, it is none that has gone.
SELECT alter_pipeline('without', options => '{"exclude_columns": ["secret", "old", "at"], "on_new_column": "evolve"}');
CALL run_pipeline('without') \gset
SELECT alter_pipeline('without', options => '{"exclude_columns": null}');
CALL run_pipeline('without') \gset
SELECT id, old, secret, at FROM without_t ORDER BY id LIMIT 1;

-- A column that the remote role may not read is no obstacle, on any path: staged, by a cursor, by the executor.
CREATE ROLE regress_reshape LOGIN;
GRANT USAGE ON SCHEMA engine_reshape TO regress_reshape;
GRANT SELECT (id, region, amount, old, feeling, at) ON src TO regress_reshape;
CREATE SERVER engine_reshape_few FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_reshape_few OPTIONS (user 'regress_reshape', password_required 'false');
CREATE FOREIGN TABLE far (id int, region text, amount numeric(10, 2), old text, secret text, feeling mood, at timestamp) SERVER engine_reshape_few OPTIONS (schema_name 'engine_reshape', table_name 'src');
SELECT create_pipeline('few_rows', source => 'engine_reshape_few', source_table => 'engine_reshape.src', destination_table => 'few_rows_t', filter => 'old <> (SELECT max(''x'')) AND amount > 0', options => '{"exclude_columns": ["secret", "old"]}') IS NOT NULL AS made;
CALL run_pipeline('few_rows') \gset
SELECT * FROM few_rows_t ORDER BY id LIMIT 2;
SELECT check_name, verdict, message FROM validate_pipeline('few_rows') WHERE check_name = 'source_rights';
SELECT create_pipeline('few_new', source => 'engine_reshape_few', source_table => 'engine_reshape.src', destination_table => 'few_new_t', cursor_column => 'at', options => '{"exclude_columns": ["secret", "at"]}') IS NOT NULL AS made;
CALL run_pipeline('few_new') \gset
CALL run_pipeline('few_new') \gset
:counts
SELECT * FROM few_new_t ORDER BY id LIMIT 2;
SELECT create_pipeline('few_far', source_table => 'far', destination_table => 'few_far_t', cursor_column => 'at', options => '{"exclude_columns": ["secret"]}') IS NOT NULL AS made;
CALL run_pipeline('few_far') \gset
CALL run_pipeline('few_far') \gset
:counts
-- What rows are known by has changed: those at the watermark count as new, which is told.
SELECT alter_pipeline('few_far', options => '{"exclude_columns": ["secret", "old"]}');
CALL run_pipeline('few_far') \gset
:counts
SELECT message FROM run_log(:'run') WHERE level = 'warning';
SELECT create_pipeline('few_merge', source => 'engine_reshape_few', source_table => 'engine_reshape.src', destination_table => 'few_merge_t', key_columns => '{id}', cursor_column => 'at', options => '{"exclude_columns": ["secret", "at"]}') IS NOT NULL AS made;
CALL run_pipeline('few_merge') \gset
CALL run_pipeline('few_merge') \gset
:counts
SELECT create_pipeline('few_all', source => 'engine_reshape_few', source_table => 'engine_reshape.src', destination_table => 'few_all_t', columns => '*, to_jsonb(source) ->> ''id'' AS doc', options => '{"exclude_columns": ["secret"]}') IS NOT NULL AS made;
CALL run_pipeline('few_all');

-- transform: a query over all rows, which it calls source
CREATE TABLE regions (region text PRIMARY KEY, manager text);
INSERT INTO regions VALUES ('north', 'Ann'), ('south', 'Bob');
-- A table of that name is another one, with its schema; a WITH of that name is the writer's own.
CREATE TABLE source (id int);
INSERT INTO source VALUES (-1);
\set told 'SELECT level, message FROM run_log(:''run'') WHERE message ~ ''^(transform|verify|before_sql|after_sql|NOTICE|[0-9]+ rows loaded|load)'';'
SELECT create_pipeline('totals', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'totals', filter => 'id < 6', options => jsonb_build_object('load_columns', true, 'transform',
	'SELECT region, manager, sum(amount) AS total, count(*) AS n, max(feeling) AS best, rank() OVER (ORDER BY sum(amount) DESC) AS place, (SELECT count(*) FROM engine_reshape.source) AS others FROM source JOIN regions USING (region) GROUP BY region, manager -- all')) IS NOT NULL AS made;
SELECT line FROM explain_pipeline('totals') AS line WHERE line !~ '^source:';
SELECT verdict, message FROM validate_pipeline('totals') WHERE check_name IN ('transform', 'column_match');
SELECT preview_pipeline('totals') - '_loaded_at' - '_run_id';
CALL run_pipeline('totals') \gset
:counts
:told
\d totals
SELECT region, manager, total, n, best, place, others, _run_id = :'run' AS stamped FROM totals ORDER BY 1;
CALL run_pipeline('totals') \gset
SELECT count(*) FROM totals;
-- Every way to load: append, merge, by SQL, into partitions, from this database; what the source's columns are in need of SQL for; types that travel as text.
SELECT create_pipeline('appended', source_table => 'src', destination_table => 'totals', load => 'append', options => '{"transform": "WITH source AS (SELECT region FROM source WHERE id > 1) SELECT region, count(*) AS n, ''sad''::mood AS best FROM source GROUP BY region", "load_columns": true}') IS NOT NULL AS made;
CALL run_pipeline('appended') \gset
:counts
SELECT region, n, best FROM totals WHERE _run_id = :'run' ORDER BY 1;
SELECT create_pipeline('merged', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'merged_t', key_columns => '{region}', options => '{"transform": "SELECT region, sum(amount) AS total FROM source GROUP BY region"}') IS NOT NULL AS made;
CALL run_pipeline('merged') \gset
CALL run_pipeline('merged') \gset
:counts
UPDATE src SET amount = 100 WHERE id = 3;
CALL run_pipeline('merged') \gset
:counts
SELECT * FROM merged_t ORDER BY 1;
CREATE FUNCTION not_south() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.region = ''south'' THEN RETURN NULL; END IF; RETURN NEW; END';
CREATE TABLE triggered (region text, n bigint);
CREATE TRIGGER t BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION not_south();
SELECT create_pipeline('triggered', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'triggered', load => 'append', options => '{"transform": "SELECT region, count(*) AS n FROM source GROUP BY region"}') IS NOT NULL AS made;
CALL run_pipeline('triggered') \gset
:counts
TABLE triggered;
CREATE TABLE parted (region text, n bigint) PARTITION BY LIST (region);
CREATE TABLE parted_north PARTITION OF parted FOR VALUES IN ('north');
CREATE TABLE parted_others PARTITION OF parted DEFAULT;
SELECT create_pipeline('parted', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'parted', load => 'replace', columns => 'region, (SELECT max(1)) AS one', options => '{"transform": "SELECT region, count(one) AS n FROM source GROUP BY region", "streams": "auto"}') IS NOT NULL AS made;
CALL run_pipeline('parted') \gset
:counts
SELECT tableoid::regclass, * FROM parted ORDER BY 2;
SELECT create_pipeline('moods', source => 'engine_reshape', source_query => 'SELECT id, feeling FROM engine_reshape.src', destination_table => 'moods_t', load => 'replace', options => '{"transform": "SELECT feeling, array_agg(id ORDER BY id) AS ids FROM source WHERE feeling > ''sad'' GROUP BY feeling"}') IS NOT NULL AS made;
CALL run_pipeline('moods') \gset
TABLE moods_t;
\d moods_t
-- With a cursor it sees what is new.
SELECT create_pipeline('news', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'news_t', cursor_column => 'at', options => '{"transform": "SELECT count(*) AS n, max(id) AS last FROM source"}') IS NOT NULL AS made;
CALL run_pipeline('news') \gset
INSERT INTO src VALUES (7, 'north', 1, 'o7', 's7', 'ok', '2026-01-01 00:07');
CALL run_pipeline('news') \gset
:counts
SELECT * FROM news_t ORDER BY 1;
-- From this database, by a cursor as well
SELECT create_pipeline('news_here', source_table => 'src', destination_table => 'news_here_t', cursor_column => 'at', options => '{"transform": "SELECT count(*) AS n FROM source"}') IS NOT NULL AS made;
CALL run_pipeline('news_here') \gset
CALL run_pipeline('news_here') \gset
:counts
SELECT * FROM news_here_t ORDER BY 1;
-- what is wrong, at once where that can be known
SELECT create_pipeline('wrong', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'wrong_t', options => '{"transform": "DELETE FROM regions"}');
SELECT create_pipeline('wrong', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'wrong_t', options => '{"transform": "SELECT 1; SELECT 2"}');
SELECT create_pipeline('wrong', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'wrong_t', options => '{"transform": "WITH gone AS (DELETE FROM regions RETURNING *) SELECT * FROM gone"}');
SELECT create_pipeline('wrong', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'wrong_t', options => '{"transform": "SELECT id FORM source"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"transform": "SELECT nix FROM source"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"transform": "SELECT count(*) FROM source, (WITH gone AS (DELETE FROM regions RETURNING *) SELECT * FROM gone) AS g"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"transform": "SELECT id, id FROM source"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'merged_t', load => 'append', options => '{"transform": "SELECT region, 1 AS nothing FROM source"}');
SELECT alter_pipeline('totals', options => '{"transform": "SELECT regoin FROM source"}');
\set VERBOSITY sqlstate
CALL run_pipeline('totals');
\set VERBOSITY default
SELECT verdict, message, hint FROM validate_pipeline('totals') WHERE verdict = 'error';
-- A preview says that it saw a part alone.
SET client_min_messages = notice;
SELECT create_pipeline('many', source_query => 'SELECT generate_series(1, 20000) AS i', destination_table => 'many_t', options => '{"transform": "SELECT count(*) AS n FROM source"}') IS NOT NULL AS made;
SELECT preview_pipeline('many');
SET client_min_messages = warning;

-- verify: the source's own count in the snapshot that is read
SELECT create_pipeline('counted', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'counted_t', load => 'append', cursor_column => 'id', filter => 'region = ''south''', options => '{"verify": "count"}') IS NOT NULL AS made;
CALL run_pipeline('counted') \gset
INSERT INTO src VALUES (8, 'south', 1, 'o8', 's8', 'ok', '2026-01-01 00:08');
CALL run_pipeline('counted') \gset
:counts
:told
SELECT create_pipeline('random', source => 'engine_reshape', source_query => 'SELECT generate_series(1, (random() * 1000000)::int) AS i', destination_table => 'random_t', load => 'replace', options => '{"verify": "count"}') IS NOT NULL AS made;
\set VERBOSITY sqlstate
CALL run_pipeline('random');
\set VERBOSITY default
SELECT to_regclass('random_t');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"verify": "count"}');

-- before_sql and after_sql: in the run's transaction
CREATE TABLE audit (what text, rows bigint, role name, zone text);
SELECT create_pipeline('around', source => 'engine_reshape', source_table => 'engine_reshape.src', destination_table => 'around_t', load => 'append', timezone => 'Europe/Berlin', options => jsonb_build_object(
	'before_sql', 'CREATE TABLE IF NOT EXISTS around_t (id int, region text); DELETE FROM around_t; SET search_path = pg_catalog;',
	'after_sql', $$INSERT INTO audit SELECT 'loaded', count(*), current_user, current_setting('TimeZone') FROM around_t;
		DO 'BEGIN RAISE NOTICE ''done''; END'$$, 'exclude_columns', '["amount", "old", "secret", "feeling", "at"]'::jsonb)) IS NOT NULL AS made;
SELECT line FROM explain_pipeline('around') AS line WHERE line ~ '_sql';
CALL run_pipeline('around') \gset
CALL run_pipeline('around') \gset
:told
SELECT what, rows, role = current_user AS owner, zone FROM audit;
SELECT count(*) FROM around_t;
-- One that fails takes all back: the load, and what the other did.
SELECT alter_pipeline('around', options => $${"after_sql": "SELECT 1;\nSELECT 1 / count(*) FILTER (WHERE false) FROM around_t"}$$);
INSERT INTO src VALUES (9, 'south', 1, 'o9', 's9', 'ok', '2026-01-01 00:09');
CALL run_pipeline('around');
SELECT count(*) FROM around_t;
-- Where it is wrong is said, and not what it says.
SELECT alter_pipeline('around', options => $${"after_sql": "SELECT 1;\nSELECT nix, 'a secret' FROM around_t"}$$);
CALL run_pipeline('around');
-- By a worker, into another server: there, in its transaction
CREATE SCHEMA far_away;
SELECT create_pipeline('far', source_table => 'src', destination => 'engine_reshape', destination_table => 'far_away.totals', load => 'append', options => jsonb_build_object(
	'transform', 'SELECT region, count(*) AS n FROM source GROUP BY region', 'before_sql', 'CREATE TABLE IF NOT EXISTS far_away.totals (region text, n bigint); DELETE FROM far_away.totals',
	'after_sql', 'INSERT INTO engine_reshape.audit SELECT ''far'', sum(n) FROM far_away.totals')) IS NOT NULL AS made;
CALL trigger_and_wait('far', NULL, '1 minute') \gset
CALL trigger_and_wait('far', NULL, '1 minute') \gset
:counts
:told
SELECT * FROM far_away.totals ORDER BY 1;
SELECT rows FROM audit WHERE what = 'far';
SELECT alter_pipeline('far', options => '{"after_sql": "SELECT 1; SELECT nix FROM far_away.totals"}');
\set VERBOSITY terse
CALL trigger_and_wait('far', NULL, '1 minute');
SELECT error_sqlstate, error_message, error_phase, error_context FROM pipeline_runs WHERE pipeline_name = 'far' ORDER BY id DESC LIMIT 1;
\set VERBOSITY default
SELECT count(*) FROM audit WHERE what = 'far';
-- With a destination that must be altered first, all is one transaction.
CREATE TABLE widens (id smallint, region text);
SELECT create_pipeline('widens', source_table => 'src', destination_table => 'widens', load => 'replace', columns => 'id::int, region, amount', options => '{"before_sql": "INSERT INTO engine_reshape.audit VALUES (''widens'')", "on_new_column": "evolve"}') IS NOT NULL AS made;
CALL trigger_and_wait('widens', NULL, '1 minute') \gset
:counts
SELECT count(*) FROM audit WHERE what = 'widens';
-- what cannot be part of a run's transaction
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"before_sql": "COMMIT"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"after_sql": "ANALYZE src; VACUUM src"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"after_sql": "SELCT 1"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"after_sql": "COPY src FROM STDIN"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"after_sql": "-- nothing"}');
\set VERBOSITY terse
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT create_pipeline('commits', source_table => 'src', destination_table => 'commits_t', options => '{"after_sql": "CALL engine_reshape.commits()"}') IS NOT NULL AS made;
CALL trigger_and_wait('commits', NULL, '1 minute');
SELECT error_sqlstate, error_message, error_context FROM pipeline_runs WHERE pipeline_name = 'commits' ORDER BY id DESC LIMIT 1;

SELECT count(drop_pipeline(id, running => 'wait')) > 0 AS dropped FROM pipelines;
DROP SERVER engine_reshape CASCADE;
DROP SERVER engine_reshape_few CASCADE;
DROP OWNED BY regress_reshape;
DROP ROLE regress_reshape;
