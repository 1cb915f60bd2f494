-- A destination that a run creates is like the source's table: NOT NULL, identity, comments, primary key; indexes where asked for.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE SCHEMA engine_created;
SET search_path = engine_created, public;
\set told 'SELECT regexp_replace(message, '', in [0-9.]+ .*$'', '''') AS message FROM pipeline_log WHERE run = :''run'' AND message ~ ''INDEX|ALTER TABLE|COMMENT|CREATE TABLE|primary key|index '' ORDER BY line;'
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN posint AS int CHECK (value > 0);
CREATE TABLE src (
	id int GENERATED ALWAYS AS IDENTITY, code varchar(10) NOT NULL, amount numeric(10, 2) NOT NULL, feeling mood, tags text[], n posint, "Odd ""name" text,
	doc jsonb, at timestamptz(3) NOT NULL, ratio real, PRIMARY KEY (id, code));
COMMENT ON TABLE src IS 'It''s the source';
COMMENT ON COLUMN src.code IS E'back\\slash and ''quote''';
COMMENT ON COLUMN src."Odd ""name" IS 'odd';
CREATE INDEX src_at ON src (at DESC, amount) INCLUDE (code);
CREATE INDEX src_odd ON src ("Odd ""name" NULLS FIRST);
CREATE UNIQUE INDEX src_code ON src (code, feeling) NULLS NOT DISTINCT;
CREATE INDEX src_lower ON src (lower(code));
CREATE INDEX src_some ON src (amount) WHERE amount > 0;
CREATE INDEX src_doc ON src USING gin (doc);
CREATE INDEX src_pattern ON src (code varchar_pattern_ops);
CREATE INDEX src_tags ON src (tags COLLATE "C");
INSERT INTO src (code, amount, feeling, tags, n, "Odd ""name", doc, at) SELECT 'c' || i, i, 'ok', '{a,b}', i, 'o' || i, '{}', timestamptz '2026-01-01 00:00+00' FROM generate_series(1, 100) i;

CREATE VIEW shape AS SELECT c.relname::text AS name, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, a.attidentity AS identity, col_description(c.oid, a.attnum) AS comment
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'engine_created'::regnamespace AND a.attnum > 0 ORDER BY c.relname, a.attnum;
CREATE VIEW indexes AS SELECT tablename::text AS name, regexp_replace(indexdef, 'engine_created\.', '') AS index FROM pg_indexes WHERE schemaname = 'engine_created' ORDER BY 1, indexname;

SELECT create_pipeline('whole', source_table => 'src', destination_table => 'whole_t') IS NOT NULL AS made;
SELECT line FROM explain_pipeline('whole') AS line WHERE line LIKE 'destination:%';
CALL run_pipeline('whole') \gset
:told
SELECT * FROM shape WHERE name = 'whole_t';
SELECT index FROM indexes WHERE name = 'whole_t';
SELECT obj_description('whole_t'::regclass);
SELECT count(*), md5(string_agg(t::text, ',' ORDER BY id)) = (SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM src s) AS same FROM whole_t t;
-- the application goes on behind what was loaded, the next run replaces
INSERT INTO whole_t (code, amount, at) VALUES ('mine', 1, now()) RETURNING id;
CALL run_pipeline('whole') \gset
SELECT count(*) FROM whole_t;

-- all that can be made; what cannot is told
SELECT create_pipeline('all_indexes', source_table => 'src', destination_table => 'all_t', options => '{"create_indexes": "source"}') IS NOT NULL AS made;
CALL run_pipeline('all_indexes') \gset
:told
SELECT index FROM indexes WHERE name = 'all_t';

-- none
SELECT create_pipeline('bare', source_table => 'src', destination_table => 'bare_t', options => '{"create_indexes": "none"}') IS NOT NULL AS made;
CALL run_pipeline('bare') \gset
SELECT index FROM indexes WHERE name = 'bare_t';
SELECT attname FROM shape WHERE name = 'bare_t' AND not_null;

-- renamed columns take all that with them; what is computed, or comes several times, does not
SELECT create_pipeline('some', source_table => 'src', destination_table => 'some_t', columns => 'id AS number, code AS "Key", amount + 1 AS amount, at', filter => 'id > 50') IS NOT NULL AS made;
CALL run_pipeline('some') \gset
SELECT attname, not_null, identity, comment FROM shape WHERE name = 'some_t';
SELECT index FROM indexes WHERE name = 'some_t';
SELECT create_pipeline('part', source_table => 'src', destination_table => 'part_t', columns => 'id, upper(code) AS code') IS NOT NULL AS made;
CALL run_pipeline('part') \gset
:told
SELECT create_pipeline('twice', source_table => 'src', destination_table => 'twice_t', columns => 'id, code, unnest(tags) AS tag', options => '{"create_indexes": "source"}') IS NOT NULL AS made;
CALL run_pipeline('twice') \gset
:told
SELECT count(*) FROM twice_t;

-- rows that an append adds may be the same again: its key is made when it is asked for
SELECT create_pipeline('more', source_table => 'src', destination_table => 'more_t', load => 'append') IS NOT NULL AS made;
CALL run_pipeline('more') \gset
:told
CALL run_pipeline('more') \gset
SELECT count(*) FROM more_t;
SELECT create_pipeline('more_keys', source_table => 'src', destination_table => 'more_keys_t', load => 'append', options => '{"create_indexes": "keys"}') IS NOT NULL AS made;
CALL run_pipeline('more_keys') \gset
\set VERBOSITY terse
CALL run_pipeline('more_keys');
\set VERBOSITY default
SELECT index FROM indexes WHERE name = 'more_keys_t';

-- neither views and queries, nor tables whose children may hold anything
CREATE VIEW src_view AS SELECT * FROM src;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (1);
SELECT create_pipeline('of_view', source_table => 'src_view', destination_table => 'of_view_t') IS NOT NULL AS made;
SELECT create_pipeline('of_query', source_query => 'SELECT * FROM src', destination_table => 'of_query_t') IS NOT NULL AS made;
SELECT create_pipeline('of_parent', source_table => 'parent', destination_table => 'of_parent_t') IS NOT NULL AS made;
CALL run_pipeline('of_view') \gset
CALL run_pipeline('of_query') \gset
CALL run_pipeline('of_parent') \gset
SELECT name, attname FROM shape WHERE name LIKE 'of\_%' AND (not_null OR comment IS NOT NULL);
SELECT * FROM indexes WHERE name LIKE 'of\_%';

-- a partitioned table has its key over all partitions
CREATE TABLE parted (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
CREATE TABLE parted_eu PARTITION OF parted FOR VALUES IN ('eu');
INSERT INTO parted VALUES (1, 'eu');
SELECT create_pipeline('of_parted', source_table => 'parted', destination_table => 'of_parted_t') IS NOT NULL AS made;
CALL run_pipeline('of_parted') \gset
SELECT index FROM indexes WHERE name = 'of_parted_t';

-- a key that the rows do not have: nothing is loaded, and the error says how to do without
CREATE TABLE wide (k text PRIMARY KEY, v int NOT NULL);
INSERT INTO wide VALUES ('a', 1);
CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'engine_created.wide_t') AND TG_TAG = 'CREATE TABLE' THEN
		INSERT INTO wide_t VALUES ('a', 0);
	END IF;
END$$;
CREATE EVENT TRIGGER spoil ON ddl_command_end EXECUTE FUNCTION spoil();
SELECT create_pipeline('spoilt', source_table => 'wide', destination_table => 'wide_t') IS NOT NULL AS made;
CALL run_pipeline('spoilt');
DROP EVENT TRIGGER spoil;
SELECT to_regclass('wide_t');

DROP SCHEMA engine_created CASCADE;
SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine\_created.%';
