-- Runs that read by a cursor: only what is new, no row twice, none left out.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_cursor;
SET search_path = engine_cursor, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_cursor FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_cursor OPTIONS (user :'role');
\set counts 'SELECT status, records_read AS read, records_inserted AS inserted, records_duplicate AS duplicate, watermark_before AS "before", watermark_after AS "after" FROM pipeline_runs WHERE id = :''run'';'
\set told 'SELECT level, message FROM run_log(:''run'') WHERE message ~ ''^(cursor:|rows at|the greatest)'';'

CREATE TABLE src (id int, at timestamp, val text);
INSERT INTO src SELECT i, '2026-01-01'::timestamp + i * interval '1 minute', 'v' || i FROM generate_series(1, 10) AS i;
SET client_min_messages = notice;
SELECT create_pipeline('new rows', source => 'engine_cursor', source_table => 'engine_cursor.src', destination_table => 'dst', cursor_column => 'at') \g (format=unaligned tuples_only=on) /dev/null
SET client_min_messages = warning;
SELECT load, cursor_column, watermark FROM pipelines WHERE name = 'new rows';
SELECT line FROM explain_pipeline('new rows') AS line WHERE line ~ '^cursor:|WHERE';
CALL run_pipeline('new rows') \gset
:counts
:told
-- Nothing new: what is at the watermark is read and recognized, the watermark stays.
CALL run_pipeline('new rows') \gset
:counts
:told
-- A row at the watermark that came late, one that is there twice, and new ones.
INSERT INTO src VALUES (10, '2026-01-01 00:10', 'late'), (10, '2026-01-01 00:10', 'v10'), (11, '2026-01-01 00:11', 'v11');
SELECT line FROM explain_pipeline('new rows') AS line WHERE line ~ '^cursor:|WHERE';
CALL run_pipeline('new rows') \gset
:counts
:told
CALL run_pipeline('new rows') \gset
:counts
(TABLE dst EXCEPT ALL TABLE src) UNION ALL (TABLE src EXCEPT ALL TABLE dst);
SELECT watermark FROM pipelines WHERE name = 'new rows';
-- A run that fails leaves it as it was; so does one that is rolled back.
BEGIN;
INSERT INTO src VALUES (12, '2026-01-01 00:12', 'v12');
COMMIT;
ALTER TABLE dst ADD CHECK (id <> 12);
\set VERBOSITY terse
CALL run_pipeline('new rows');
ALTER TABLE dst DROP CONSTRAINT dst_id_check;
BEGIN;
CALL run_pipeline('new rows') \gset
ROLLBACK;
SELECT watermark FROM pipelines WHERE name = 'new rows';
CALL run_pipeline('new rows') \gset
:counts
-- The source went backwards.
DELETE FROM src WHERE id > 9;
CALL run_pipeline('new rows') \gset
:counts
:told
TRUNCATE src;
CALL run_pipeline('new rows') \gset
:counts
:told
-- Set, and forgotten.
INSERT INTO src SELECT i, '2026-01-01'::timestamp + i * interval '1 minute', 'w' || i FROM generate_series(1, 10) AS i;
SELECT set_watermark('new rows', '2026-01-01 00:08');
CALL run_pipeline('new rows') \gset
:counts
:told
SELECT set_watermark('new rows', 'yesterday, about noon');
CALL run_pipeline('new rows');
SELECT reset_watermark(id) FROM pipelines WHERE name = 'new rows';
TRUNCATE dst;
CALL run_pipeline('new rows') \gset
:counts
SELECT alter_pipeline('new rows', cursor_column => 'id');
SELECT watermark FROM pipelines WHERE name = 'new rows';
TRUNCATE dst;
CALL run_pipeline('new rows') \gset
:counts
-- A column more at the source: those that were there are compared.
ALTER TABLE src ADD extra int DEFAULT 7;
ALTER TABLE dst ADD extra int;
INSERT INTO src VALUES (10, NULL, 'more');
CALL run_pipeline('new rows') \gset
:counts
-- One less: they cannot be.
ALTER TABLE src DROP extra;
SELECT alter_pipeline('new rows', columns => 'id, at, val');
INSERT INTO src VALUES (10, NULL, 'too late'), (11, NULL, 'in time');
CALL run_pipeline('new rows') \gset
:counts
:told
CALL run_pipeline('new rows') \gset
:counts
SELECT val FROM dst WHERE id > 9 ORDER BY id, val;

-- Rows without a value.
INSERT INTO src VALUES (NULL, NULL, 'none');
CALL run_pipeline('new rows');
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "exclude"}');
CALL run_pipeline('new rows') \gset
:counts
SELECT alter_pipeline('new rows', filter => 'val <> ''none''', options => '{"on_null_cursor": "error"}');
CALL run_pipeline('new rows') \gset
:counts
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "include"}', reset => '{filter}');
CALL run_pipeline('new rows') \gset
:counts
INSERT INTO src VALUES (NULL, NULL, 'none'), (12, NULL, 'twelve');
CALL run_pipeline('new rows') \gset
:counts
:told
CALL run_pipeline('new rows') \gset
:counts
SELECT count(*) FROM dst WHERE val = 'none';
-- They stay known while they are not read.
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "exclude"}');
INSERT INTO src VALUES (13, NULL, 'thirteen');
CALL run_pipeline('new rows') \gset
:counts
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "include"}');
INSERT INTO src VALUES (NULL, NULL, 'none');
CALL run_pipeline('new rows') \gset
:counts
CALL run_pipeline('new rows') \gset
:counts
SELECT count(*) FROM dst WHERE val = 'none';
-- But for other columns.
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "exclude"}');
ALTER TABLE src ADD another int;
CALL run_pipeline('new rows') \gset
SELECT level, message FROM run_log(:'run') WHERE message ~ 'without a value';
ALTER TABLE src DROP another;
SELECT alter_pipeline('new rows', options => '{"on_null_cursor": "include"}');
DELETE FROM src WHERE id IS NOT NULL;
SELECT reset_watermark('new rows');
TRUNCATE dst;
CALL run_pipeline('new rows') \gset
:counts
CALL run_pipeline('new rows') \gset
:counts

-- They come but once, too, where a run does not know which were there: the source's columns have changed.
CREATE TABLE unknown (at int, val text, more int);
INSERT INTO unknown VALUES (1, 'one', 1), (NULL, 'none', 1), (NULL, 'none', 1);
CREATE TABLE unknown_here (at int, val text);
CREATE TABLE unknown_far (at int, val text);
SELECT create_pipeline('here', source_table => 'unknown', destination_table => 'unknown_here', load => 'append', cursor_column => 'at', columns => 'at, val', options => '{"on_null_cursor": "include"}') IS NOT NULL;
SELECT create_pipeline('far', source => 'engine_cursor', source_table => 'engine_cursor.unknown', destination_table => 'unknown_far', load => 'append', cursor_column => 'at', columns => 'at, val', options => '{"on_null_cursor": "include"}') IS NOT NULL;
CREATE PROCEDURE both_unknown() LANGUAGE plpgsql AS $$
DECLARE
	this_run uuid;
	line record;
	name text;
BEGIN
	FOREACH name IN ARRAY '{here,far}'::text[] LOOP
		CALL run_pipeline(name, run => this_run);
		RAISE INFO '%: %', name, (SELECT ARRAY[records_inserted, records_duplicate] FROM pipeline_runs WHERE id = this_run);
		FOR line IN SELECT message FROM run_log(this_run) WHERE level = 'warning' LOOP
			RAISE INFO '%: %', name, line.message;
		END LOOP;
	END LOOP;
END $$;
CALL both_unknown();
ALTER TABLE unknown DROP more;
CALL both_unknown();
CALL both_unknown();
INSERT INTO unknown VALUES (1, 'one more'), (2, 'two'), (NULL, 'none');
CALL both_unknown();
CALL both_unknown();
-- The same value is written with more digits or blanks when its declared length grows.
ALTER TABLE unknown ADD price numeric(10,2) DEFAULT 1, ADD code char(2) DEFAULT 'a', ADD prices numeric(10,2)[] DEFAULT '{1}';
CALL both_unknown();
ALTER TABLE unknown ALTER price TYPE numeric(12,4);
CALL both_unknown();
ALTER TABLE unknown ALTER code TYPE char(4);
CALL both_unknown();
ALTER TABLE unknown ALTER prices TYPE numeric(12,4)[];
CALL both_unknown();
CALL both_unknown();
SELECT at, val, count(*) FROM unknown_here GROUP BY 1, 2 ORDER BY 1, 2;
SELECT at, val FROM unknown EXCEPT ALL TABLE unknown_far;
-- Types made anew: what is known of rows are their values.
CREATE TYPE feeling AS ENUM ('fine', 'sad');
CREATE TYPE pair AS (a int, f feeling);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE felt (at int, f feeling, fs feeling[], p pair, ps pair[], s span, c regclass, m span_multirange);
INSERT INTO felt SELECT i, 'sad', '{fine,sad}', '(1,sad)', '{"(2,fine)"}', '[1,2)', 'src', '{[1,2),[3,4)}' FROM generate_series(1, 2) AS i;
SELECT create_pipeline('felt', source_table => 'felt', destination_table => 'felt_here', load => 'append', cursor_column => 'at', columns => 'at, f::text') IS NOT NULL;
SELECT create_pipeline('far felt', source => 'engine_cursor', source_table => 'engine_cursor.felt', destination_table => 'felt_far', load => 'append', cursor_column => 'at', columns => 'at, f::text') IS NOT NULL;
CALL run_pipeline('felt') \gset
CALL run_pipeline('far felt') \gset
CREATE TABLE kept_text AS SELECT at, f::text, fs::text, p::text, ps::text, s::text, c::text, m::text FROM felt;
DROP TABLE felt;
DROP TYPE span, pair, feeling;
CREATE TYPE feeling AS ENUM ('fine', 'sad');
CREATE TYPE pair AS (a int, f feeling);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE TABLE felt (at int, f feeling, fs feeling[], p pair, ps pair[], s span, c regclass, m span_multirange);
INSERT INTO felt SELECT at, f::feeling, fs::feeling[], p::pair, ps::pair[], s::span, c::regclass, m::span_multirange FROM kept_text;
CALL run_pipeline('felt') \gset
:counts
CALL run_pipeline('far felt') \gset
:counts
-- Rows that come while the run looks for the greatest value are known by the next one as well.
CREATE TABLE trickle (at int, val int);
INSERT INTO trickle VALUES (1, 1), (2, 2);
CREATE SEQUENCE looked;
CREATE FUNCTION trickling() RETURNS SETOF trickle LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('engine_cursor.late', true) IS DISTINCT FROM 'on' OR nextval('engine_cursor.looked') % 2 = 0 THEN
		RETURN QUERY TABLE engine_cursor.trickle;
	END IF;
END $$;
SELECT create_pipeline('trickle', source_query => 'SELECT * FROM trickling()', destination_table => 'trickled', load => 'append', cursor_column => 'at', options => '{"on_null_cursor": "exclude"}') IS NOT NULL;
CALL run_pipeline('trickle') \gset
INSERT INTO trickle VALUES (2, 3);
SET engine_cursor.late = on;
CALL run_pipeline('trickle') \gset
:counts
CALL run_pipeline('trickle') \gset
:counts
RESET engine_cursor.late;
CALL run_pipeline('trickle') \gset
:counts

-- Who only looks lets nothing be written, whatever the source does.
CREATE TABLE written (at int);
CREATE FUNCTION writes() RETURNS SETOF written LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY INSERT INTO engine_cursor.written VALUES (1) RETURNING at; END $$;
SELECT create_pipeline('writes', source_query => 'SELECT * FROM writes()', destination_table => 'writes_to', load => 'append', cursor_column => 'at', options => '{"on_null_cursor": "exclude"}') IS NOT NULL;
\set VERBOSITY default
SELECT explain_pipeline('writes');
\set VERBOSITY terse
SELECT preview_pipeline('writes');
SELECT check_name, message FROM validate_pipeline('writes') WHERE verdict = 'error';
TABLE written;

-- What can be a cursor: what is ordered in the same way everywhere.
CREATE TABLE typed (i2 int2, i4 int4, i8 int8, num numeric, day date, ts timestamp, tz timestamptz, u uuid, txt text, f float8);
INSERT INTO typed SELECT i, i, i * 10000000000, i / 8.0, date '2026-01-01' + i, timestamp '2026-01-01 00:00:00.000001' + i * interval '1 hour',
	timestamptz '2026-03-29 00:30:00.999999+00' + i * interval '30 minutes', lpad(to_hex(i), 32, '0')::uuid, i, i FROM generate_series(1, 4) AS i;
CREATE PROCEDURE typed_runs(cursor_column text, source text) LANGUAGE plpgsql AS $$
DECLARE
	name CONSTANT text := 'typed ' || cursor_column;
	destination CONSTANT text := 'engine_cursor.typed_' || cursor_column;
	counts text[];
	this_run uuid;
BEGIN
	EXECUTE 'CREATE TABLE ' || destination || ' (LIKE engine_cursor.typed)';
	PERFORM create_pipeline(name, source => source, source_table => 'engine_cursor.typed', destination_table => destination, cursor_column => cursor_column,
		timezone => 'Europe/Berlin', load => 'append');
	COMMIT;
	FOR i IN 1..3 LOOP
		CALL run_pipeline(name, run => this_run);
		counts := counts || (SELECT records_inserted || '/' || records_read || '/' || watermark_after FROM pipeline_runs WHERE id = this_run);
		IF i = 2 THEN
			INSERT INTO engine_cursor.typed SELECT i2 + 1, i4 + 1, i8 + 1, num + 0.001, day + 1, ts + interval '0.000001', tz + interval '0.000001',
				'00000000-0000-0000-0000-000000000005', 5, 5 FROM engine_cursor.typed ORDER BY i4 DESC LIMIT 1;
			COMMIT;
		END IF;
	END LOOP;
	DELETE FROM engine_cursor.typed WHERE i4 > 4;
	PERFORM drop_pipeline(name);
	EXECUTE 'DROP TABLE ' || destination;
	COMMIT;
	RAISE INFO '% %: %', cursor_column, source, counts;
END $$;
DO $$
DECLARE
	c text;
	s text;
BEGIN
	FOREACH c IN ARRAY '{i2,i4,i8,num,day,ts,tz,u}'::text[] LOOP
		FOREACH s IN ARRAY '{engine_cursor,NULL}'::text[] LOOP
			CALL engine_cursor.typed_runs(c, s);
		END LOOP;
	END LOOP;
END $$;
SELECT create_pipeline('bad', source => 'engine_cursor', source_table => 'engine_cursor.typed', destination_table => 'bad', cursor_column => 'txt') IS NULL;
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', cursor_column => 'f');
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', cursor_column => 'nothing');
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', cursor_column => 'ts');
UPDATE typed SET ts = 'infinity' WHERE i2 = 4;
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', cursor_column => 'i4', columns => 'count(*) AS n');
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', cursor_column => 'u', options => '{"lag": 5}', reset => '{columns}');
CALL run_pipeline('bad');
SELECT alter_pipeline('bad', load => 'replace');
SELECT alter_pipeline('bad', destination => 'engine_cursor', options => '{"commit_every": 10}');
SELECT alter_pipeline('bad', cursor_column => 'i4', source_query => 'SELECT 1 AS i4, i FROM generate_series(1, 10001) AS i', options => '{"lag": null}', reset => '{source_table}');
\set VERBOSITY default
CALL run_pipeline('bad');
\set VERBOSITY terse
SELECT set_watermark('bad', NULL);
SELECT drop_pipeline('bad');
SELECT create_pipeline('bad', source_table => 'engine_cursor.typed', destination_table => 'bad', load => 'append') IS NULL;
SELECT set_watermark('bad', '1');
SELECT reset_watermark('bad');

-- Random histories with late rows, ties and copies, run after run: the destination is always what the source holds.
CREATE TABLE story (at int, val int);
CREATE PROCEDURE stories(seed float8, source text, destination_table text, steps int, columns text DEFAULT NULL, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	lag CONSTANT int := coalesce(options ->> 'lag', '0');
	now int := 0;
	differ bigint;
	this_run uuid;
	total record;
BEGIN
	PERFORM setseed(seed);
	TRUNCATE engine_cursor.story;
	EXECUTE 'TRUNCATE ' || destination_table;
	PERFORM create_pipeline('story', source => source, source_table => 'engine_cursor.story', destination_table => destination_table, cursor_column => 'at', load => 'append',
		columns => columns, options => options);
	COMMIT;
	FOR step IN 1..steps LOOP
		FOR i IN 1..floor(random() * 6)::int LOOP
			now := now + floor(random() * 3)::int;
			-- Never before what the next run reads.
			INSERT INTO engine_cursor.story SELECT greatest(now - floor(random() * (lag + 1))::int, coalesce((SELECT watermark::int FROM pipelines WHERE name = 'story') - lag, 0)),
				floor(random() * 3) FROM generate_series(1, 1 + floor(random() * 3)::int);
		END LOOP;
		COMMIT;
		CALL run_pipeline('story', run => this_run);
		COMMIT;
		EXECUTE format('SELECT count(*) FROM ((SELECT at, val FROM %1$s EXCEPT ALL SELECT at, val FROM engine_cursor.story) UNION ALL (SELECT at, val FROM engine_cursor.story EXCEPT ALL SELECT at, val FROM %1$s)) d',
			destination_table) INTO differ;
		IF differ > 0 THEN
			RAISE EXCEPTION '% rows differ after step % of seed %', differ, step, seed;
		END IF;
	END LOOP;
	SELECT sum(records_inserted) = (SELECT count(*) FROM engine_cursor.story) AS counted, sum(records_duplicate) > 0 AS met,
		bool_and(records_read = records_inserted + records_duplicate) AS reconciled INTO total FROM pipeline_runs WHERE pipeline_name = 'story';
	RAISE INFO '% % %: %', source, destination_table, columns, total;
	PERFORM drop_pipeline('story');
	COMMIT;
END $$;
CREATE TABLE plain (at int, val int);
CREATE TABLE parted (at int, val int) PARTITION BY LIST (val);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_rest PARTITION OF parted DEFAULT;
CREATE TABLE watched (val int, at int);
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER pass BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION pass();
CALL stories(0.1, 'engine_cursor', 'engine_cursor.plain', 25);
CALL stories(0.2, NULL, 'engine_cursor.plain', 25);
CALL stories(0.3, 'engine_cursor', 'engine_cursor.parted', 25, options => '{"lag": 4}');
CALL stories(0.4, NULL, 'engine_cursor.parted', 25, options => '{"lag": 4}');
CALL stories(0.5, 'engine_cursor', 'engine_cursor.watched', 25, options => '{"lag": 2}');
CALL stories(0.6, NULL, 'engine_cursor.watched', 25, options => '{"lag": 2}');
CREATE TABLE texts (loaded timestamptz, val bigint, at int);
CALL stories(0.7, 'engine_cursor', 'engine_cursor.texts', 25, 'now() AS loaded, val, at');
CALL stories(0.8, NULL, 'engine_cursor.texts', 25, 'now() AS loaded, val, at');
CALL stories(0.9, 'engine_cursor', 'engine_cursor.texts', 25, 'now() AS loaded, (SELECT val) AS val, at', '{"lag": 1}');

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_cursor.%';
DROP SCHEMA engine_cursor CASCADE;
DROP SERVER engine_cursor CASCADE;
