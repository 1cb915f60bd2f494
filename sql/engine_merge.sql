-- Merges: rows find those that are there by their keys.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_merge;
SET search_path = engine_merge, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_merge FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_merge OPTIONS (user :'role');
\set counts 'SELECT status, records_read AS read, records_inserted AS inserted, records_updated AS updated, records_deleted AS deleted, records_unchanged AS unchanged, records_duplicate AS duplicate FROM pipeline_runs WHERE id = :''run'';'
\set told 'SELECT level, message FROM run_log(:''run'') WHERE message ~ ''^(cursor|path|keys|merge|the destination|[0-9]+ rows)|unique index'';'
\set VERBOSITY terse

CREATE TABLE src (id int, at timestamp, val text);
INSERT INTO src SELECT i, '2026-01-01'::timestamp + i * interval '1 minute', 'v' || i FROM generate_series(1, 10) AS i;
SET client_min_messages = notice;
DO $$ BEGIN
	PERFORM create_pipeline('merge', source => 'engine_merge', source_table => 'engine_merge.src', destination_table => 'dst', key_columns => '{id}', cursor_column => 'at');
	PERFORM create_pipeline('keys alone', source => 'engine_merge', source_table => 'engine_merge.src', destination_table => 'dst', key_columns => '{id}');
END $$;
SET client_min_messages = warning;
SELECT name, load, key_columns, cursor_column FROM pipelines WHERE destination_table = 'engine_merge.dst' ORDER BY 1;
SELECT line FROM explain_pipeline('merge') AS line WHERE line !~ '^source';
CALL run_pipeline('merge') \gset
:counts
:told
\d dst
CALL run_pipeline('merge') \gset
:counts
UPDATE src SET val = 'w' || id, at = '2026-01-02' WHERE id IN (3, 4);
INSERT INTO src VALUES (11, '2026-01-02', 'v11');
SELECT line FROM explain_pipeline('merge') AS line WHERE line !~ '^source';
CALL run_pipeline('merge') \gset
:counts
:told
TABLE dst EXCEPT TABLE src;
-- What did not change is not written: the row lies where it lay.
SELECT ctid, xmin FROM dst WHERE id = 3 \gset before_
CALL run_pipeline('merge') \gset
CALL run_pipeline('keys alone') \gset
:counts
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' AS untouched FROM dst WHERE id = 3;
-- Of a key the greatest cursor wins, whatever comes first.
INSERT INTO src VALUES (20, '2026-01-03', 'old'), (20, '2026-01-05', 'new'), (20, '2026-01-04', 'middle'), (21, '2026-01-05', 'same'), (21, '2026-01-05', 'same');
CALL run_pipeline('merge') \gset
:counts
SELECT id, val FROM dst WHERE id >= 20 ORDER BY 1;
INSERT INTO src VALUES (22, '2026-01-06', 'first'), (22, '2026-01-06', 'second');
\set VERBOSITY default
CALL run_pipeline('merge');
CALL run_pipeline('keys alone');
INSERT INTO src VALUES (NULL, '2026-01-06', 'nobody');
CALL run_pipeline('merge');
DELETE FROM src WHERE id IS NULL;
\set VERBOSITY terse
SELECT alter_pipeline('merge', options => '{"on_tie": "last"}');
CALL run_pipeline('merge') \gset
:counts
SELECT id, val FROM dst WHERE id = 22;

-- Unchanged are rows with the same bytes, not those that are equal.
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE images_src (k text COLLATE blind, n numeric, j json, x xml, p point, f float8, e text);
INSERT INTO images_src VALUES ('Key', 1.0, '{"a": 1}', '<a/>', '(1,2)', 0, NULL);
CREATE TABLE images (LIKE images_src, own int DEFAULT 7, made text GENERATED ALWAYS AS (k || '!') STORED, PRIMARY KEY (k));
SELECT create_pipeline('images', source_table => 'images_src', destination_table => 'images', key_columns => '{k}') IS NULL;
CALL run_pipeline('images') \gset
UPDATE images SET own = 8;
CALL run_pipeline('images') \gset
:counts
DO $$
DECLARE
	change text;
	this_run uuid;
BEGIN
	FOREACH change IN ARRAY ARRAY['k = ''KEY''', 'n = 1.00', 'j = ''{"a":1}''', 'x = ''<a />''', 'p = ''(2,1)''', 'f = ''-0''', 'e = '''''] LOOP
		EXECUTE 'UPDATE engine_merge.images_src SET ' || change;
		CALL run_pipeline('images', run => this_run);
		RAISE INFO '%: %', change, (SELECT ARRAY[records_inserted, records_updated, records_unchanged] FROM pipeline_runs WHERE id = this_run);
	END LOOP;
END $$;
SELECT * FROM images;
SELECT alter_pipeline('images', options => '{"merge_strategy": "insert_only"}');
UPDATE images_src SET n = 5;
INSERT INTO images_src (k) VALUES ('other');
CALL run_pipeline('images') \gset
:counts
:told
SELECT alter_pipeline('images', options => '{"merge_strategy": "delete_insert"}');
CALL run_pipeline('images') \gset
:counts
:told
SELECT k, n, own FROM images ORDER BY 1;

-- Without a unique index, with another one, into partitions, past triggers and identity columns, several keys.
CREATE TABLE bare (id int, at timestamp, val text);
INSERT INTO bare VALUES (1, NULL, 'twice'), (1, NULL, 'twice');
CREATE UNIQUE INDEX ON bare (id) WHERE id > 5;
SELECT create_pipeline('bare', source => 'engine_merge', source_table => 'engine_merge.src', destination_table => 'bare', key_columns => '{id}', filter => 'id < 3') IS NULL;
SELECT line FROM explain_pipeline('bare') AS line WHERE line !~ '^source';
CALL run_pipeline('bare') \gset
:counts
:told
TABLE bare ORDER BY 1;
CREATE TABLE parted (val text, id bigint, part int, PRIMARY KEY (part, id)) PARTITION BY LIST (part);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
SELECT create_pipeline('parted', source => 'engine_merge', source_table => 'engine_merge.src', destination_table => 'parted', key_columns => '{id,part}', columns => 'id, val, id % 2 AS part', filter => 'id < 12') IS NULL;
CALL run_pipeline('parted') \gset
UPDATE src SET val = 'parted' WHERE id = 5;
CALL run_pipeline('parted') \gset
:counts
:told
SELECT tableoid::regclass, count(*) FROM parted GROUP BY 1 ORDER BY 1;
CREATE TABLE watched (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, val text, changes int DEFAULT 0);
CREATE FUNCTION count_changes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.changes := old.changes + 1; RETURN new; END $$;
CREATE TRIGGER count_changes BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION count_changes();
SELECT create_pipeline('watched', source => 'engine_merge', source_table => 'engine_merge.src', destination_table => 'watched', key_columns => '{id}', columns => 'id, val', filter => 'id < 6') IS NULL;
CALL run_pipeline('watched') \gset
UPDATE src SET val = 'watched' WHERE id = 5;
CALL run_pipeline('watched') \gset
:counts
SELECT * FROM watched WHERE changes > 0;
INSERT INTO watched (val) VALUES ('next') RETURNING id;
-- Columns that only SQL computes; a source that reads its own destination.
SELECT alter_pipeline('watched', columns => 'id, (SELECT val || ''?'') AS val');
CALL run_pipeline('watched') \gset
:counts
SELECT create_pipeline('itself', source_query => 'SELECT id + 1 AS id, val FROM engine_merge.watched WHERE id < 6', destination_table => 'watched', key_columns => '{id}') IS NULL;
CALL run_pipeline('itself') \gset
:counts
SELECT string_agg(id || val, ' ' ORDER BY id) FROM watched;
-- A column that travels as text and is computed with here.
CREATE TYPE mood AS ENUM ('fine', 'sad');
CREATE TABLE moody (id int, at int, m mood);
INSERT INTO moody VALUES (1, 1, 'sad'), (2, 2, 'fine');
SELECT create_pipeline('moody', source => 'engine_merge', source_table => 'engine_merge.moody', destination_table => 'moods', key_columns => '{id}', cursor_column => 'at', columns => 'id, m, m = ''sad'' AS sad') IS NULL;
CALL run_pipeline('moody') \gset
UPDATE moody SET m = 'fine', at = 3 WHERE id = 1;
CALL run_pipeline('moody') \gset
:counts
TABLE moods ORDER BY 1;

-- Names of another case, beside a column that the destination generates by itself.
CREATE TABLE "Orders" ("OrderId" int, "ChangedAt" timestamp, "Total" int, "Twice" int GENERATED ALWAYS AS ("Total" * 2) STORED);
INSERT INTO "Orders" VALUES (1, '2026-01-01', 10), (2, '2026-01-02', 20), (2, '2026-01-03', 21);
CREATE TABLE orders (order_id int PRIMARY KEY, changed_at timestamp, total int, twice int GENERATED ALWAYS AS (total * 3) STORED);
DO $$
DECLARE
	this record;
	this_run uuid;
BEGIN
	FOR this IN SELECT source, columns, cursor FROM unnest('{engine_merge,NULL}'::text[]) AS source,
		unnest(ARRAY[NULL, '"OrderId", "ChangedAt", (SELECT "Total") AS "Total", "Twice"']) AS columns, unnest('{ChangedAt,NULL}'::text[]) AS cursor ORDER BY 1, 2, 3 LOOP
		TRUNCATE engine_merge.orders;
		PERFORM create_pipeline('snake', source => this.source, source_table => 'engine_merge."Orders"', destination_table => 'orders', key_columns => '{order_id}', cursor_column => this.cursor,
			columns => this.columns, options => '{"column_case": "snake", "on_tie": "last"}');
		CALL run_pipeline('snake', run => this_run);
		CALL run_pipeline('snake', run => this_run);
		RAISE INFO '% % %: %', this.source, this.columns, this.cursor, (SELECT array_agg(o ORDER BY order_id) FROM engine_merge.orders AS o);
		PERFORM drop_pipeline('snake');
	END LOOP;
END $$;

-- Rights that a merge needs are looked at before anything is read: by the definition, by each look at it, and by the run.
CREATE ROLE sluice_merge_owner LOGIN;
SELECT allow_pipelines('sluice_merge_owner');
GRANT USAGE ON SCHEMA engine_merge TO sluice_merge_owner;
CREATE SEQUENCE reads;
CREATE TABLE righted (id int PRIMARY KEY, val text);
GRANT USAGE ON reads TO sluice_merge_owner;
GRANT INSERT ON righted TO sluice_merge_owner;
\set superuser :USER
\set here 'SET client_min_messages = warning; SET search_path = engine_merge, public;'
\set rights 'SELECT verdict, message, hint FROM validate_pipeline(''righted'') WHERE check_name = ''destination_rights'';'
\c - sluice_merge_owner
:here
\set VERBOSITY default
SET client_min_messages = notice;
SELECT create_pipeline('righted', source_query => 'SELECT nextval(''reads'')::int AS id, ''read'' AS val', destination_table => 'righted', key_columns => '{id}') IS NOT NULL AS made;
SET client_min_messages = warning;
CALL run_pipeline('righted');
SELECT explain_pipeline('righted');
:rights
\set VERBOSITY terse
SELECT alter_pipeline('righted', options => '{"merge_strategy": "insert_only"}');
CALL run_pipeline('righted');
\c - :superuser
:here
SELECT is_called FROM reads;
GRANT SELECT ON righted TO sluice_merge_owner;
\c - sluice_merge_owner
:here
CALL run_pipeline('righted') \gset
SELECT alter_pipeline('righted', options => '{"merge_strategy": "delete_insert"}');
CALL run_pipeline('righted');
:rights
\c - :superuser
:here
GRANT DELETE ON righted TO sluice_merge_owner;
\c - sluice_merge_owner
:here
-- Where others insert a key meanwhile, its row is updated.
\set VERBOSITY default
CALL run_pipeline('righted');
:rights
\set VERBOSITY terse
\c - :superuser
:here
-- Rights to columns are enough.
REVOKE SELECT, DELETE ON righted FROM sluice_merge_owner;
GRANT SELECT (id, val), UPDATE (id) ON righted TO sluice_merge_owner;
\c - sluice_merge_owner
:here
SELECT alter_pipeline('righted', options => '{"merge_strategy": null}');
CALL run_pipeline('righted');
\c - :superuser
:here
GRANT UPDATE (val) ON righted TO sluice_merge_owner;
\c - sluice_merge_owner
:here
CALL run_pipeline('righted') \gset
:rights
SELECT drop_pipeline('righted');
\c - :superuser
:here
TABLE righted;
SELECT disallow_pipelines('sluice_merge_owner');
DROP OWNED BY sluice_merge_owner;
DROP ROLE sluice_merge_owner;
SET timezone = 'UTC';

-- Refused.
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'dst', load => 'merge');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'dst', load => 'append', key_columns => '{id}');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'dst', load => 'replace', key_columns => '{id}');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'dst', key_columns => '{nothing}');
CREATE VIEW seen AS TABLE dst;
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'seen', key_columns => '{id}');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'bare', columns => 'at, val', key_columns => '{id}') IS NULL;
CALL run_pipeline('bad');
CREATE TABLE odd (j json);
SELECT alter_pipeline('bad', source_query => 'SELECT ''1''::json AS j', destination_table => 'odd', key_columns => '{j}', reset => '{source_table,columns}');
CALL run_pipeline('bad');

-- Few rows into a large table: nobody reads all of it, however little the planner knows.
CREATE TABLE large (id int PRIMARY KEY, val text);
ALTER TABLE large SET (autovacuum_enabled = off);
INSERT INTO large SELECT i, repeat('x', 200) FROM generate_series(1, 50000) AS i;
SELECT create_pipeline('large', source_query => 'SELECT i * 1000 AS id, ''changed'' AS val FROM generate_series(1, 55) AS i', destination_table => 'large', key_columns => '{id}') IS NULL;
-- What the session has not sent to the statistics yet counts here, too.
SELECT COALESCE((SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = 'large'::regclass), 0) AS before \gset
BEGIN;
CALL run_pipeline('large') \gset
SELECT seq_scan - :before AS scans, idx_scan >= 55 AS probes FROM pg_stat_xact_user_tables WHERE relid = 'large'::regclass;
SHOW enable_hashjoin;
COMMIT;
:counts

-- Random histories of inserts, updates, deletes and changes of keys: after each run the destination is what plain SQL says.
CREATE TABLE story (id int PRIMARY KEY, at int NOT NULL, val int);
CREATE TABLE truth (id int PRIMARY KEY, at int, val int);
CREATE PROCEDURE stories(seed float8, source text, destination_table text, steps int, by_cursor bool DEFAULT true, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	now int := 0;
	differ bigint;
	this_run uuid;
	total record;
BEGIN
	PERFORM setseed(seed);
	TRUNCATE engine_merge.story, engine_merge.truth;
	EXECUTE 'TRUNCATE ' || destination_table;
	PERFORM create_pipeline('story', source => source, source_table => 'engine_merge.story', destination_table => destination_table, key_columns => '{id}',
		cursor_column => CASE WHEN by_cursor THEN 'at' END, columns => 'id, at, val', options => options);
	COMMIT;
	FOR step IN 1..steps LOOP
		FOR i IN 1..floor(random() * 8)::int LOOP
			now := now + floor(random() * 2)::int;
			CASE floor(random() * 5)::int
				WHEN 0, 1 THEN
					INSERT INTO engine_merge.story VALUES (floor(random() * 30), now, floor(random() * 3)) ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, val = EXCLUDED.val;
				WHEN 2 THEN
					UPDATE engine_merge.story SET at = now, val = floor(random() * 3) WHERE id = floor(random() * 30);
				WHEN 3 THEN
					UPDATE engine_merge.story SET id = id + 30, at = now WHERE id = floor(random() * 30) AND NOT EXISTS (SELECT FROM engine_merge.story s WHERE s.id = story.id + 30);
				ELSE
					DELETE FROM engine_merge.story WHERE id = floor(random() * 30);
			END CASE;
		END LOOP;
		INSERT INTO engine_merge.truth TABLE engine_merge.story ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at, val = EXCLUDED.val
			WHERE options ->> 'merge_strategy' IS DISTINCT FROM 'insert_only';
		COMMIT;
		CALL run_pipeline('story', run => this_run);
		COMMIT;
		EXECUTE format('SELECT count(*) FROM ((SELECT id, at, val FROM %1$s EXCEPT ALL TABLE engine_merge.truth) UNION ALL (TABLE engine_merge.truth EXCEPT ALL SELECT id, at, val FROM %1$s)) d',
			destination_table) INTO differ;
		IF differ > 0 THEN
			RAISE EXCEPTION '% rows differ after step % of seed %', differ, step, seed;
		END IF;
	END LOOP;
	SELECT bool_and(records_read = records_inserted + records_updated + records_unchanged + records_duplicate) AS reconciled, sum(records_inserted) > 0 AS inserted,
		sum(records_updated) > 0 AS updated, sum(records_deleted) > 0 AS deleted, sum(records_unchanged) > 0 AS unchanged INTO total FROM pipeline_runs WHERE pipeline_name = 'story';
	RAISE INFO '% % %: %', source, destination_table, options, total;
	PERFORM drop_pipeline('story');
	COMMIT;
END $$;
CREATE TABLE plain (id int PRIMARY KEY, at int, val int);
CREATE TABLE halves (id int PRIMARY KEY, at int, val int) PARTITION BY HASH (id);
CREATE TABLE halves_0 PARTITION OF halves FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE halves_1 PARTITION OF halves FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE loose (val bigint, more text DEFAULT 'x', id bigint, at int);
CALL stories(0.1, 'engine_merge', 'engine_merge.plain', 25);
CALL stories(0.2, NULL, 'engine_merge.plain', 25, options => '{"lag": 3}');
CALL stories(0.3, 'engine_merge', 'engine_merge.halves', 25);
CALL stories(0.4, 'engine_merge', 'engine_merge.loose', 25);
CALL stories(0.5, NULL, 'engine_merge.loose', 25, by_cursor => false);
CALL stories(0.6, 'engine_merge', 'engine_merge.plain', 25, options => '{"merge_strategy": "delete_insert"}');
CALL stories(0.7, 'engine_merge', 'engine_merge.halves', 25, by_cursor => false, options => '{"merge_strategy": "insert_only"}');

-- Keys are not assigned where a row that is found has the same bytes in them: no trigger fires for them, and foreign keys to the row are checked meanwhile.
CREATE EXTENSION citext;
CREATE TABLE assigned_src (id int, code char(3), word citext, amount numeric, val int);
INSERT INTO assigned_src VALUES (1, 'a', 'one', 1.0, 1), (2, 'b', 'two', 2.0, 2);
CREATE TABLE assigned (id int, code char(3), word citext, amount numeric, val int, PRIMARY KEY (id, code, word, amount));
INSERT INTO assigned TABLE assigned_src;
CREATE FUNCTION tell_assigned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE INFO '%: % of % assigned', TG_NAME, NEW, OLD; RETURN NEW; END $$;
CREATE TRIGGER "plain keys" BEFORE UPDATE OF id ON assigned FOR EACH ROW EXECUTE FUNCTION tell_assigned();
CREATE TRIGGER "keys with images" BEFORE UPDATE OF word ON assigned FOR EACH ROW EXECUTE FUNCTION tell_assigned();
SELECT create_pipeline('assigned', source_table => 'assigned_src', destination_table => 'assigned', key_columns => '{id,code,word,amount}') IS NULL;
UPDATE assigned_src SET val = 3, word = upper(word) WHERE id = 2;
CALL run_pipeline('assigned') \gset
:counts
TABLE assigned ORDER BY id;
-- A key that no column gives is found before the table is made.
SELECT create_pipeline('no key', source_table => 'assigned_src', destination_table => 'no_key', key_columns => '{id,nope}') IS NULL;
CALL run_pipeline('no key');
SELECT message FROM validate_pipeline('no key') WHERE verdict = 'error';
CREATE TABLE only_keys (id int PRIMARY KEY);
SET client_min_messages = notice;
SELECT create_pipeline('only keys', source_query => 'SELECT id FROM engine_merge.assigned_src', destination_table => 'only_keys', key_columns => '{id}') IS NULL;
-- Options of other loads are told.
SELECT alter_pipeline('only keys', options => '{"lag": 5, "scope": "id > 0", "merge_strategy": "upsert"}');
SELECT alter_pipeline('only keys', options => '{"timeout": 5}');
SELECT alter_pipeline('only keys', options => '{"lag": null, "scope": null, "timeout": 6}');
SET client_min_messages = warning;
CALL run_pipeline('only keys') \gset
CALL run_pipeline('only keys') \gset
:counts

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_merge.%';
DROP SCHEMA engine_merge CASCADE;
DROP SERVER engine_merge CASCADE;
