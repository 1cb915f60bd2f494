-- What becomes of columns that are new at the source, gone, or of another type, as the options say.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_evolve;
SET search_path = engine_evolve, public;
\set log 'SELECT message FROM pipeline_log WHERE run = :''run'' AND level = ''warning'' ORDER BY line;'
CREATE VIEW shape AS SELECT c.relname::text AS name, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, ', ' ORDER BY a.attnum) AS columns
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'engine_evolve'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1;
CREATE TABLE src (id int PRIMARY KEY, name text NOT NULL, amount numeric(10,2) NOT NULL);
INSERT INTO src VALUES (1, 'a', 1.25);
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'x', options => '{"on_new_column": "drop"}');
SELECT create_pipeline('p', source_table => 'src', destination_table => 'dst') IS NOT NULL AS made;
CALL run_pipeline('p') \gset

-- a new column: left out with a warning, added, or an error
ALTER TABLE src ADD note varchar(20), ADD extra int DEFAULT 7;
CALL run_pipeline('p') \gset
:log
SELECT * FROM dst;
SELECT * FROM explain_pipeline('p') AS line WHERE line LIKE '%not loaded%';
SELECT alter_pipeline('p', options => '{"on_new_column": "freeze"}');
CALL run_pipeline('p');
SELECT alter_pipeline('p', options => '{"on_new_column": "evolve"}');
SELECT * FROM explain_pipeline('p') AS line WHERE line LIKE 'destination:%';
SELECT columns FROM shape WHERE name = 'dst';
CALL run_pipeline('p') \gset
:log
SELECT columns FROM shape WHERE name = 'dst';
SELECT * FROM dst;
CALL run_pipeline('p') \gset
:log
-- what columns names must be there, whatever the policy is; before the first load all must
CREATE TABLE small (id int);
SELECT create_pipeline('named', source_table => 'src', destination_table => 'small', load => 'replace', columns => 'id') IS NOT NULL AS made;
CALL run_pipeline('named') \gset
SELECT alter_pipeline('named', columns => 'id, name');
SELECT alter_pipeline('named', columns => '*');
SELECT alter_pipeline('named', columns => '*', options => '{"on_new_column": "discard_value"}');
CALL run_pipeline('named') \gset
:log
SELECT alter_pipeline('named', columns => '*, id + 1 AS next');
-- by SQL, where rows are staged first
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON small FOR EACH ROW EXECUTE FUNCTION nothing();
CALL run_pipeline('named') \gset
SELECT * FROM small;

-- another type: an error, or widened where that loses nothing, never narrowed
ALTER TABLE src ALTER amount TYPE numeric(9,4), ALTER note TYPE text, ALTER extra TYPE bigint;
UPDATE src SET amount = 1.2549, note = repeat('x', 30);
CALL run_pipeline('p');
SELECT alter_pipeline('p', options => '{"on_changed_type": "evolve"}');
CALL run_pipeline('p') \gset
:log
SELECT columns FROM shape WHERE name = 'dst';
SELECT * FROM dst;
ALTER TABLE src ALTER extra TYPE smallint;
CALL run_pipeline('p') \gset
:log
ALTER TABLE src ALTER extra DROP DEFAULT, ALTER extra TYPE timestamp USING NULL;
CALL run_pipeline('p');
ALTER TABLE src DROP extra, ADD extra bigint;
CALL run_pipeline('p') \gset
ALTER TABLE src ALTER extra TYPE real;
CALL run_pipeline('p');
ALTER TABLE src ALTER extra TYPE bigint;
CALL run_pipeline('p') \gset

-- a column that is gone: an error, or without values from then on
ALTER TABLE src DROP note;
CALL run_pipeline('p');
SELECT alter_pipeline('p', options => '{"on_missing_column": "discard_value"}');
CALL run_pipeline('p') \gset
:log
SELECT note FROM dst;
ALTER TABLE src DROP name;
CALL run_pipeline('p');
SELECT alter_pipeline('p', options => '{"on_missing_column": "evolve"}');
CALL run_pipeline('p') \gset
:log
SELECT columns FROM shape WHERE name = 'dst';
-- a key always stops it
ALTER TABLE src DROP id;
\set VERBOSITY terse
CALL run_pipeline('p');
\set VERBOSITY default
SELECT columns FROM shape WHERE name = 'dst';
SELECT count(*) FROM dst WHERE id IS NOT NULL;

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_evolve.%';
DROP SCHEMA engine_evolve CASCADE;
