-- A replace that create_pipeline chose replaces only what the pipeline created; one that the user chose is never asked for again.
SET client_min_messages = notice;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_load_choice;
SET search_path = engine_load_choice, public;
CREATE TABLE src AS SELECT 1 AS id;

-- somebody creates the table before the first run
SELECT create_pipeline('late', source_table => 'src', destination_table => 'late_t') IS NOT NULL AS made;
CREATE TABLE late_t AS SELECT generate_series(1, 1000) AS id;
CALL run_pipeline('late');
SELECT count(*) FROM late_t;
SELECT * FROM explain_pipeline('late') AS line WHERE line LIKE 'load%';
-- what the user says counts from then on, whatever becomes of the table
SELECT alter_pipeline('late', load => 'append');
CALL run_pipeline('late') \gset
SELECT count(*) FROM late_t;
SELECT alter_pipeline('late', load => 'replace');
CALL run_pipeline('late') \gset
SELECT count(*) FROM late_t;
DROP TABLE late_t;
CREATE TABLE late_t AS SELECT generate_series(1, 1000) AS id;
CALL run_pipeline('late') \gset
SELECT count(*) FROM late_t;
SELECT name, load, load_chosen FROM pipelines WHERE name = 'late';
SELECT v.version, v.definition ->> 'load_chosen' AS load_chosen FROM pipeline_versions v JOIN pipelines p ON p.id = v.pipeline_id WHERE p.name = 'late' ORDER BY 1;

-- two pipelines made before their common table
SELECT create_pipeline('first', source_query => 'SELECT 1 AS id', destination_table => 'common') IS NOT NULL AS made;
SELECT create_pipeline('second', source_query => 'SELECT 2 AS id', destination_table => 'common') IS NOT NULL AS made;
CALL run_pipeline('first') \gset
CALL run_pipeline('second');
CALL run_pipeline('first') \gset
SELECT * FROM common;

-- dropped and made by somebody else; under another name it is still the same table
DROP TABLE common;
CREATE TABLE common AS SELECT 3 AS id;
CALL run_pipeline('first');
DROP TABLE common;
CALL run_pipeline('first') \gset
ALTER TABLE common RENAME TO renamed;
SELECT alter_pipeline('first', destination_table => 'renamed');
CALL run_pipeline('first') \gset
SELECT * FROM renamed;

-- another destination is another choice
CREATE TABLE other AS SELECT 4 AS id;
SELECT alter_pipeline('first', destination_table => 'other');
SELECT alter_pipeline('first', destination_table => 'later');
CREATE TABLE later AS SELECT 5 AS id;
CALL run_pipeline('first');
SELECT alter_pipeline('late', destination_table => 'later_too');
CREATE TABLE later_too AS SELECT 5 AS id;
CALL run_pipeline('late');
SELECT alter_pipeline('late', reset => '{load}');
SELECT alter_pipeline('late', description => 'of a table that came later', filter => 'true');
CALL run_pipeline('late');
SELECT (SELECT id FROM later) AS later, (SELECT id FROM later_too) AS later_too;

-- a view, a partitioned table and a foreign key do not matter: what is not its own is left alone
CREATE VIEW seen AS SELECT * FROM later;
SELECT create_pipeline('viewed', source_table => 'src', destination_table => 'seen') IS NOT NULL AS made;
SELECT create_pipeline('unseen', source_table => 'src', destination_table => 'unseen', status => 'inactive') IS NOT NULL AS made;
CREATE TABLE unseen AS SELECT 6 AS id;
SELECT alter_pipeline('unseen', status => 'active');
SELECT id FROM unseen;

SET client_min_messages = warning;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_load_choice.%';
DROP SCHEMA engine_load_choice CASCADE;
