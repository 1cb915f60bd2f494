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
