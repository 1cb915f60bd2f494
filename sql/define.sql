-- create_pipeline, alter_pipeline, rename_pipeline, drop_pipeline: what they store and what they tell.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA define;
SET search_path = define, public;
CREATE TABLE src (a int, b text);
CREATE TABLE there (a int, b text);
RESET client_min_messages;

-- Names are stored qualified; load has a default only where it can do no harm, and says so.
SELECT create_pipeline('orders', source_table => 'src', destination_table => 'fresh') IS NOT NULL AS created;
SELECT create_pipeline('orders2', source_table => 'src', destination_table => 'there');
\echo :LAST_ERROR_SQLSTATE
SELECT create_pipeline('orders2', source_table => 'src', destination_table => 'there', load => 'append', description => 'all of them', tags => '{x,"y z"}', timezone => 'europe/berlin', columns => 'a, b', filter => 'a > 0', options => '{"fetch_size": 100}') IS NOT NULL AS created;
SELECT name, description, tags, owner = current_user AS mine, source, source_table, source_query, destination, destination_table, mode, load, columns, filter, schedule, timezone, depends_on, options, status, version, paused, search_path
FROM pipelines WHERE name LIKE 'orders%' ORDER BY name \gx

-- Schedules are told in words, with the zone.
SET client_min_messages = warning;
SELECT create_pipeline('nightly', source_table => 'src', destination_table => 'fresh2', schedule => '0 2 * * MON-FRI', timezone => 'America/New_York') IS NOT NULL AS created;
-- An append without an idea of what is new gets a warning.
SELECT alter_pipeline('nightly', load => 'append');
SELECT s.next_due > now() AND s.next_due < now() + interval '4 days' AS soon FROM pipeline_status s WHERE name = 'nightly';
SELECT alter_pipeline('nightly', reset => '{schedule,timezone}');
SELECT p.schedule, p.timezone, s.next_due FROM pipelines p JOIN pipeline_status s USING (id) WHERE p.name = 'nightly';
RESET client_min_messages;

-- NULL leaves, reset clears, options merge by key.
SELECT alter_pipeline('orders2', description => 'new', options => '{"jit": true, "fetch_size": null}', reset => '{filter,tags}');
SELECT description, filter, tags, columns, options, version FROM pipelines WHERE name = 'orders2';
SELECT alter_pipeline('orders2', filter => 'a > 1', reset => '{filter}');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('orders2', reset => '{filtre}');
SELECT alter_pipeline('orders2', reset => '{name}');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('orders2', reset => '{options,status,mode}');
SELECT options, status, mode, version FROM pipelines WHERE name = 'orders2';
-- A replace that was meant for one table does not move to another one in silence.
SELECT alter_pipeline('orders', destination_table => 'there');
SELECT alter_pipeline('orders', destination_table => 'fresh3');
SELECT alter_pipeline('orders', destination_table => 'there', load => 'replace');
SELECT destination_table, load, version FROM pipelines WHERE name = 'orders';
SELECT alter_pipeline('orders', reset => '{load}');

-- Every definition is kept.
SELECT v.version, v.definition ->> 'destination_table' AS destination, v.definition ->> 'load' AS load, v.created_by = current_user AS by_me
FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id WHERE p.name = 'orders' ORDER BY 1;

-- The id does as well as the name, also as a literal.
SELECT alter_pipeline(id, description => 'by id') FROM pipelines WHERE name = 'orders';
SELECT id AS orders FROM pipelines WHERE name = 'orders' \gset
SELECT alter_pipeline(:'orders', tags => '{t}');
SELECT description, tags FROM pipelines WHERE name = 'orders';

-- Inactive ones may be incomplete; active ones may not.
SELECT create_pipeline('draft', status => 'inactive') IS NOT NULL AS created;
SELECT alter_pipeline('draft', status => 'active');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('draft', status => 'active', source_query => 'SELECT 1 AS a');
SELECT alter_pipeline('draft', destination_table => 'drafted', source_table => 'not_there_yet');
SELECT source_table, destination_table, load FROM pipelines WHERE name = 'draft';
SELECT alter_pipeline('draft', status => 'active');
SELECT alter_pipeline('draft', source_query => 'SELECT 1 AS a');
\echo :LAST_ERROR_SQLSTATE
SELECT alter_pipeline('draft', status => 'active', source_query => 'SELECT 1 AS a', reset => '{source_table}');
SELECT source_query, destination_table, load, status FROM pipelines WHERE name = 'draft';

-- Renaming keeps the id and makes a version.
SELECT rename_pipeline('draft', 'Täglich "neu"');
SELECT name, version FROM pipelines WHERE name LIKE 'T%';
\set VERBOSITY sqlstate
SELECT rename_pipeline('Täglich "neu"', 'orders');
\set VERBOSITY default
SELECT rename_pipeline(id, 'draft') FROM pipelines WHERE name LIKE 'T%';

-- Dropping: never the destination; history goes, or stays.
CALL run_pipeline('draft', run => NULL) \gset
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'draft';
SELECT drop_pipeline('draft', history => 'keep');
SELECT count(*) FROM pipeline_runs WHERE pipeline_name = 'draft';
SELECT count(*) > 0 AS versions FROM pipeline_versions WHERE definition ->> 'name' = 'draft';
SELECT a FROM drafted;
SELECT drop_pipeline('draft');
\echo :LAST_ERROR_SQLSTATE
SELECT drop_pipeline('draft', if_exists => true);
SELECT drop_pipeline('orders', running => 'maybe');
SELECT drop_pipeline('orders', history => 'burn');
\echo :LAST_ERROR_SQLSTATE
SELECT drop_pipeline(id) FROM pipelines WHERE name IN ('orders', 'orders2', 'nightly');
SELECT count(*) FROM pipelines WHERE name IN ('orders', 'orders2', 'nightly', 'draft');
SELECT count(*) FROM pipeline_versions WHERE definition ->> 'name' = 'orders';
-- All of it is transactional.
BEGIN;
SELECT create_pipeline('gone', status => 'inactive') IS NOT NULL AS created;
ROLLBACK;
SELECT count(*) FROM pipelines WHERE name = 'gone';
SET client_min_messages = warning;
DROP SCHEMA define CASCADE;
