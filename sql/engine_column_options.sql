-- What options say of columns: column_types casts them before they are loaded, column_case says how they are called.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_column_options;
SET search_path = engine_column_options, public;
CREATE VIEW shape AS SELECT c.relname::text AS name, string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'engine_column_options'::regnamespace AND a.attnum > 0 GROUP BY 1;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TABLE src ("OrderId" numeric(20, 0) PRIMARY KEY, "Customer Name" text NOT NULL, amount text, mood text, "AT" timestamp);
INSERT INTO src VALUES (1, 'a', '1.2549', 'ok', '2026-01-01 10:00:00.6'), (2, 'b', '7', 'sad', NULL);

-- what is no type, no text, no object
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": "numerik"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": "numeric(10"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": "int); DROP TABLE src"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": "setof int"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": "anyelement"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amount": 5}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": "numeric"}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"amuont": "numeric"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_types": {"AT": "int"}}');
SELECT create_pipeline('wrong', source_table => 'src', destination_table => 'wrong_t', options => '{"column_case": "upper"}');

-- a destination that is created has the types and names; those of a table that is there are matched
SELECT create_pipeline('cast', source_table => 'src', destination_table => 'cast_t',
	options => '{"column_case": "snake", "column_types": {"order_id": "bigint", "amount": "numeric(10,2)", "mood": "engine_column_options.mood", "at": "date"}}') IS NOT NULL AS made;
SELECT line FROM explain_pipeline('cast') AS line WHERE line LIKE 'destination:%';
CALL run_pipeline('cast') \gset
SELECT columns FROM shape WHERE name = 'cast_t';
SELECT * FROM cast_t ORDER BY 1;
SELECT indexdef FROM pg_indexes WHERE tablename = 'cast_t';
CALL run_pipeline('cast') \gset
SELECT * FROM cast_t ORDER BY 1;
-- a cast is consent: nothing is told to be lost
SELECT message FROM pipeline_log WHERE run = :'run' AND level = 'warning';

-- every way to load: by SQL, staged, with aggregates and windows, into partitions
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE by_sql (order_id int, customer_name text, amount numeric, mood mood, at date);
CREATE TRIGGER t BEFORE INSERT ON by_sql FOR EACH ROW EXECUTE FUNCTION nothing();
SELECT create_pipeline('by_sql', source_table => 'src', destination_table => 'by_sql', load => 'replace',
	options => '{"column_case": "snake", "column_types": {"order_id": "posint", "amount": "numeric(10,2)", "mood": "mood", "at": "date"}}') IS NOT NULL AS made;
CALL run_pipeline('by_sql') \gset
SELECT * FROM by_sql ORDER BY 1;
SELECT alter_pipeline('by_sql', load => 'append', filter => '"OrderId" = 1');
CALL run_pipeline('by_sql') \gset
SELECT * FROM by_sql ORDER BY 1;
SELECT create_pipeline('windows', source_table => 'src', destination_table => 'windows_t', columns => '"OrderId", row_number() OVER (ORDER BY amount) AS "RowNumber", amount',
	options => '{"column_case": "lower", "column_types": {"rownumber": "smallint", "amount": "real"}}') IS NOT NULL AS made;
CALL run_pipeline('windows') \gset
SELECT columns FROM shape WHERE name = 'windows_t';
SELECT * FROM windows_t ORDER BY 1;
SELECT create_pipeline('counted', source_query => 'SELECT * FROM src', destination_table => 'counted_t', columns => 'count(*) AS "HowMany"', options => '{"column_case": "snake", "column_types": {"how_many": "int"}}') IS NOT NULL AS made;
CALL run_pipeline('counted') \gset
SELECT columns FROM shape WHERE name = 'counted_t';

-- a value that is none of the type, names that become the same
UPDATE src SET amount = 'seven' WHERE "OrderId" = 2;
CALL run_pipeline('cast');
SELECT count(*) FROM cast_t;
ALTER TABLE src ADD "Amount" int;
CALL run_pipeline('cast');
ALTER TABLE src DROP "Amount";

-- a key whose values may be the same as the other type is not made
SELECT create_pipeline('rough', source_table => 'src', destination_table => 'rough_t', options => '{"column_types": {"OrderId": "real"}}') IS NOT NULL AS made;
CALL run_pipeline('rough') \gset
SELECT message FROM pipeline_log WHERE run = :'run' AND message LIKE '%primary key%';

-- another type is what is meant from then on: no drift
SELECT alter_pipeline('rough', options => '{"column_types": {"OrderId": "numeric(30,10)"}}');
CALL run_pipeline('rough') \gset
SELECT alter_pipeline('rough', options => '{"column_types": null, "column_case": "lower"}');

-- load columns say which run loaded a row, and when it began
SELECT create_pipeline('stamped', source_table => 'src', destination_table => 'stamped_t', columns => '"OrderId" -- the key', options => '{"load_columns": true, "column_case": "snake"}') IS NOT NULL AS made;
BEGIN;
CALL run_pipeline('stamped') \gset
SELECT count(*), count(*) FILTER (WHERE _run_id = :'run' AND _loaded_at = now()) AS stamped FROM stamped_t;
COMMIT;
SELECT columns FROM shape WHERE name = 'stamped_t';
SELECT create_pipeline('unready', source_table => 'src', destination_table => 'by_sql', load => 'append', columns => '"OrderId" AS order_id', options => '{"load_columns": true}');
SELECT create_pipeline('ready', source_table => 'src', destination_table => 'by_sql', load => 'append', columns => '"OrderId" AS order_id', options => '{"load_columns": true, "on_new_column": "evolve"}') IS NOT NULL AS made;
CALL run_pipeline('ready') \gset
SELECT count(*) FROM by_sql WHERE _run_id = :'run' AND _loaded_at IS NOT NULL;
-- a merge does not take them for a change
SELECT create_pipeline('merged', source_table => 'src', destination_table => 'merged_t', load => 'merge', key_columns => '{OrderId}', columns => '"OrderId", amount', options => '{"load_columns": true}') IS NOT NULL AS made;
CALL run_pipeline('merged') \gset first_
UPDATE src SET amount = '8' WHERE "OrderId" = 2;
CALL run_pipeline('merged') \gset
SELECT "OrderId", amount, _run_id = :'run' AS new, _run_id = :'first_run' AS old FROM merged_t ORDER BY 1;
-- without them the table keeps them, empty
SELECT alter_pipeline('ready', options => '{"load_columns": null}');
CALL run_pipeline('ready') \gset
SELECT count(*) FROM by_sql WHERE _run_id IS NULL;

DROP SCHEMA engine_column_options CASCADE;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_column\_options.%';
