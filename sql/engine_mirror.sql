-- Mirrors: the destination is made what the source is.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA engine_mirror;
SET search_path = engine_mirror, public;
SET timezone = 'UTC';
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER engine_mirror FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER engine_mirror OPTIONS (user :'role');
\set counts 'SELECT status, records_read AS read, records_inserted AS inserted, records_updated AS updated, records_deleted AS deleted, records_unchanged AS unchanged, records_duplicate AS duplicate FROM pipeline_runs WHERE id = :''run'';'
\set told 'SELECT level, message FROM run_log(:''run'') WHERE message ~ ''^(path|lock|keys|mirror|scope|guards|compared|the destination|[0-9]+ (of [0-9]+ )?rows)|unique index'';'
\set VERBOSITY terse

CREATE TABLE src (id int, val text);
INSERT INTO src SELECT i, 'v' || i FROM generate_series(1, 6) AS i;
SELECT create_pipeline('mirror', source => 'engine_mirror', source_table => 'engine_mirror.src', destination_table => 'dst', load => 'mirror', key_columns => '{id}') IS NULL AS missing;
SELECT line FROM explain_pipeline('mirror') AS line WHERE line !~ '^source';
CALL run_pipeline('mirror') \gset
:counts
:told
\d dst
UPDATE src SET val = 'w' || id WHERE id IN (2, 3);
DELETE FROM src WHERE id = 4;
INSERT INTO src VALUES (7, 'v7'), (7, 'v7');
SELECT line FROM explain_pipeline('mirror') AS line WHERE line !~ '^source';
SELECT ctid, xmin FROM dst WHERE id = 1 \gset before_
CALL run_pipeline('mirror') \gset
:counts
:told
TABLE dst ORDER BY 1;
-- What did not change is not written.
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' AS untouched FROM dst WHERE id = 1;
CALL run_pipeline('mirror') \gset
:counts
SELECT check_name, verdict, message FROM validate_pipeline('mirror') WHERE check_name IN ('load', 'temporary', 'destination_rights');
SELECT * FROM preview_pipeline('mirror', 2);
SELECT definition ->> 'load' FROM (SELECT substring(d from '{.*}')::jsonb AS definition FROM export_pipelines() AS d) AS e WHERE definition ->> 'name' = 'mirror';

-- Keys.
INSERT INTO src VALUES (7, 'other');
\set VERBOSITY default
CALL run_pipeline('mirror');
SELECT alter_pipeline('mirror', options => '{"on_tie": "last"}');
\set VERBOSITY terse
CALL run_pipeline('mirror') \gset
:counts
INSERT INTO src VALUES (NULL, 'nobody');
CALL run_pipeline('mirror');
DELETE FROM src WHERE id IS NULL OR id = 7;
CALL run_pipeline('mirror') \gset
:counts
CREATE TABLE bare (id int, val text);
INSERT INTO bare VALUES (1, 'twice'), (1, 'twice'), (9, 'gone');
SELECT create_pipeline('bare', source_table => 'src', destination_table => 'bare', load => 'mirror', key_columns => '{id}') IS NULL AS missing;
\set VERBOSITY default
CALL run_pipeline('bare');
\set VERBOSITY terse
DELETE FROM bare WHERE id = 1;
CALL run_pipeline('bare') \gset
:counts
:told
SELECT check_name, verdict, message FROM validate_pipeline('bare') WHERE check_name = 'load';

-- Guards.
CREATE TABLE kept AS TABLE src;
TRUNCATE src;
\set VERBOSITY default
CALL run_pipeline('mirror');
\set VERBOSITY terse
SELECT count(*) FROM dst;
SELECT alter_pipeline('mirror', options => '{"on_empty": "load"}');
CALL run_pipeline('mirror') \gset
:counts
CALL run_pipeline('mirror') \gset
:counts
SELECT alter_pipeline('mirror', options => '{"on_empty": null, "max_deletes": 2}');
INSERT INTO src TABLE kept;
CALL run_pipeline('mirror') \gset
DELETE FROM src WHERE id <= 3;
\set VERBOSITY default
CALL run_pipeline('mirror');
\set VERBOSITY terse
SELECT alter_pipeline('mirror', options => '{"max_deletes": "3"}');
CALL run_pipeline('mirror') \gset
:counts
INSERT INTO src SELECT i, 'many' FROM generate_series(1001, 2200) AS i;
SELECT alter_pipeline('mirror', options => '{"max_deletes": "10%"}');
CALL run_pipeline('mirror') \gset
DELETE FROM src WHERE id > 2050;
CALL run_pipeline('mirror');
SELECT alter_pipeline('mirror', options => '{"max_deletes": "12.5%"}');
CALL run_pipeline('mirror') \gset
:counts
SELECT alter_pipeline('mirror', options => '{"max_deletes": "half"}');

-- Marked in place of deleted; a row that comes back is unmarked, one that is marked stays as it is.
TRUNCATE src;
INSERT INTO src SELECT i, 'v' || i FROM generate_series(1, 4) AS i;
SELECT create_pipeline('soft', source => 'engine_mirror', source_table => 'engine_mirror.src', destination_table => 'soft', load => 'mirror', key_columns => '{id}', options => '{"soft_delete_column": "deleted_at"}') IS NULL AS missing;
CALL run_pipeline('soft') \gset
:told
\d soft
DELETE FROM src WHERE id IN (1, 2);
BEGIN;
CALL run_pipeline('soft') \gset
:counts
SELECT id, val, deleted_at = now() AS now FROM soft ORDER BY 1;
COMMIT;
SELECT xmin FROM soft WHERE id = 1 \gset before_
INSERT INTO src VALUES (2, 'back'), (5, 'new');
CALL run_pipeline('soft') \gset
:counts
SELECT id, val, deleted_at IS NULL AS there, xmin = :'before_xmin' AS untouched FROM soft ORDER BY 1;
INSERT INTO src VALUES (1, 'v1');
CALL run_pipeline('soft') \gset
:counts
:told
CREATE TABLE flagged (id int PRIMARY KEY, val text, gone bool NOT NULL);
SELECT create_pipeline('flagged', source_table => 'src', destination_table => 'flagged', load => 'mirror', key_columns => '{id}', options => '{"soft_delete_column": "gone"}') IS NULL AS missing;
CALL run_pipeline('flagged') \gset
DELETE FROM src WHERE id = 3;
CALL run_pipeline('flagged') \gset
:counts
SELECT * FROM flagged ORDER BY 1;
SELECT alter_pipeline('flagged', options => '{"soft_delete_column": "val"}');
\set VERBOSITY default
SELECT alter_pipeline('soft', options => '{"soft_delete_column": "nothing"}');
CALL run_pipeline('soft');
ALTER TABLE soft ADD nothing point;
CALL run_pipeline('soft');
\set VERBOSITY terse
TRUNCATE src;
CALL run_pipeline('flagged');

-- Several pipelines into one table, each within its scope.
CREATE TABLE eu (id int, val text);
CREATE TABLE us (id int, val text);
INSERT INTO eu VALUES (1, 'a'), (2, 'b');
INSERT INTO us VALUES (11, 'c'), (12, 'd');
CREATE TABLE world (id int PRIMARY KEY, val text, region text);
SELECT create_pipeline('eu', source_table => 'eu', destination_table => 'world', load => 'mirror', key_columns => '{id}', columns => '*, ''eu'' AS region') IS NULL AS missing;
CALL run_pipeline('eu') \gset
\set VERBOSITY default
SELECT create_pipeline('us', source_table => 'us', destination_table => 'world', load => 'mirror', key_columns => '{id}', columns => '*, ''us'' AS region');
\set VERBOSITY terse
SELECT create_pipeline('us', source_table => 'us', destination_table => 'world', load => 'mirror', key_columns => '{id}', columns => '*, ''us'' AS region',
	options => '{"scope": "region = ''us'' -- ours"}') IS NULL AS missing;
CALL run_pipeline('us') \gset
:counts
CALL run_pipeline('eu');
SELECT line FROM explain_pipeline('eu') AS line WHERE line ~ 'run fails';
SELECT check_name, verdict, message FROM validate_pipeline('eu') WHERE verdict <> 'ok';
SELECT alter_pipeline('eu', options => '{"scope": "world.region = ''eu''"}');
DELETE FROM eu WHERE id = 1;
CALL run_pipeline('eu') \gset
:counts
:told
TABLE world ORDER BY 1;
\set VERBOSITY default
INSERT INTO eu VALUES (12, 'of the others');
CALL run_pipeline('eu');
UPDATE eu SET id = 3 WHERE id = 12;
SELECT alter_pipeline('eu', columns => '*, CASE id WHEN 3 THEN ''us'' ELSE ''eu'' END AS region');
CALL run_pipeline('eu');
SELECT alter_pipeline('eu', options => '{"scope": "region = ''eu'' ORDER BY 1"}');
SELECT alter_pipeline('eu', options => '{"scope": "nothing = 1"}');
\set SHOW_CONTEXT never
CALL run_pipeline('eu');
\set VERBOSITY terse
SELECT alter_pipeline('eu', columns => '*, ''eu'' AS region', options => '{"scope": "region = ''eu''"}');
CALL run_pipeline('eu') \gset
:counts
TABLE world ORDER BY 1;

-- What a foreign key, another unique column and a trigger see: all changes are one statement.
CREATE TABLE people_src (id int, email text, boss int);
INSERT INTO people_src VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 1);
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, boss int REFERENCES people ON DELETE CASCADE);
CREATE TABLE seen (what text, id int);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO engine_mirror.seen VALUES (tg_op, COALESCE(new.id, old.id)); RETURN NULL; END $$;
CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION see();
SELECT create_pipeline('people', source => 'engine_mirror', source_table => 'engine_mirror.people_src', destination_table => 'people', load => 'mirror', key_columns => '{id}') IS NULL AS missing;
CALL run_pipeline('people') \gset
DELETE FROM people_src WHERE id = 1;
UPDATE people_src SET boss = 4 WHERE id = 2;
UPDATE people_src SET boss = 2 WHERE id = 3;
INSERT INTO people_src VALUES (4, 'a', NULL);
CALL run_pipeline('people') \gset
:counts
TABLE people ORDER BY 1;
TABLE seen ORDER BY ctid;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN old.id <> 3 THEN old END; END $$;
CREATE TRIGGER keep BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION keep();
DELETE FROM people_src WHERE id = 3;
CALL run_pipeline('people') \gset
:counts
:told

-- Row-level security, and rights.
CREATE ROLE mirror_owner LOGIN;
GRANT mirror_owner TO CURRENT_USER;
SELECT allow_pipelines('mirror_owner');
GRANT CREATE, USAGE ON SCHEMA engine_mirror TO mirror_owner;
CREATE TABLE secured (id int PRIMARY KEY, val text, tenant text);
INSERT INTO secured VALUES (1, 'other''s', 'other'), (2, 'mine', 'mine'), (3, 'gone', 'mine');
ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON secured USING (tenant = 'mine');
GRANT SELECT, INSERT ON secured TO mirror_owner;
GRANT SELECT ON src TO mirror_owner;
INSERT INTO src VALUES (2, 'new'), (4, 'four');
SET SESSION AUTHORIZATION mirror_owner;
SET search_path = engine_mirror, public;
SET client_min_messages = notice;
DO $$ BEGIN PERFORM create_pipeline('secured', source_table => 'src', destination_table => 'secured', load => 'mirror', key_columns => '{id}', columns => '*, ''mine'' AS tenant'); END $$;
SET client_min_messages = warning;
CALL trigger_and_wait('secured', run => NULL, status => NULL);
RESET SESSION AUTHORIZATION;
GRANT UPDATE, DELETE ON secured TO mirror_owner;
SET SESSION AUTHORIZATION mirror_owner;
CALL trigger_and_wait('secured', run => NULL, status => NULL) \gset
:counts
SELECT drop_pipeline('secured');
RESET SESSION AUTHORIZATION;
TABLE secured ORDER BY 1;

-- Refused.
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'new', load => 'mirror');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'new', load => 'mirror', key_columns => '{id}', cursor_column => 'id');
SELECT alter_pipeline('bare', cursor_column => 'id');
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'new', load => 'mirror', key_columns => '{id}', options => '{"soft_delete_column": "val"}');
CREATE VIEW viewed AS TABLE dst;
SELECT create_pipeline('bad', source_table => 'src', destination_table => 'viewed', load => 'mirror', key_columns => '{id}');

-- Random histories: after each run the destination is the source.
CREATE TABLE story (id int, part int, val int, more text, PRIMARY KEY (id, part));
CREATE PROCEDURE stories(seed float8, source text, destination_table text, steps int, options jsonb DEFAULT '{}') LANGUAGE plpgsql AS $$
DECLARE
	differ bigint;
	this_run uuid;
	total record;
	mark text := options ->> 'soft_delete_column';
	there text := COALESCE('WHERE (' || (options ->> 'scope') || ')', '') ;
BEGIN
	PERFORM setseed(seed);
	TRUNCATE engine_mirror.story;
	INSERT INTO engine_mirror.story SELECT i, i % 3, 0 FROM generate_series(100, 110) AS i;
	PERFORM create_pipeline('story', source => source, source_table => 'engine_mirror.story', destination_table => destination_table, load => 'mirror', key_columns => '{id,part}', options => options);
	COMMIT;
	IF mark IS NOT NULL THEN
		there := 'WHERE ' || mark || ' IS NULL';
	END IF;
	FOR step IN 1..steps LOOP
		FOR i IN 1..floor(random() * 8)::int LOOP
			CASE floor(random() * 5)::int
				WHEN 0, 1 THEN
					INSERT INTO engine_mirror.story VALUES (floor(random() * 30), floor(random() * 3), floor(random() * 3), CASE WHEN random() < 0.5 THEN 'x' END) ON CONFLICT (id, part) DO UPDATE SET val = EXCLUDED.val;
				WHEN 2 THEN
					UPDATE engine_mirror.story SET val = floor(random() * 3), more = CASE WHEN random() < 0.5 THEN '' END WHERE id = floor(random() * 30);
				WHEN 3 THEN
					UPDATE engine_mirror.story SET id = id + 30 WHERE id = floor(random() * 30) AND NOT EXISTS (SELECT FROM engine_mirror.story s WHERE s.id = story.id + 30);
				ELSE
					DELETE FROM engine_mirror.story WHERE id = floor(random() * 30);
			END CASE;
		END LOOP;
		COMMIT;
		CALL run_pipeline('story', run => this_run);
		COMMIT;
		EXECUTE format('SELECT count(*) FROM ((SELECT id, part, val, more FROM %1$s %2$s EXCEPT ALL TABLE engine_mirror.story) UNION ALL (TABLE engine_mirror.story EXCEPT ALL SELECT id, part, val, more FROM %1$s %2$s)) d',
			destination_table, there) INTO differ;
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
CREATE TABLE plain (id int, part int, val int, more text, PRIMARY KEY (id, part));
CREATE TABLE thirds (more text, id int, part int, val int, PRIMARY KEY (part, id)) PARTITION BY LIST (part);
CREATE TABLE thirds_0 PARTITION OF thirds FOR VALUES IN (0);
CREATE TABLE thirds_1 (id int NOT NULL, val int, more text, part int NOT NULL);
ALTER TABLE thirds ATTACH PARTITION thirds_1 FOR VALUES IN (1);
CREATE TABLE thirds_2 PARTITION OF thirds DEFAULT;
CREATE TABLE loose (val bigint, own text DEFAULT 'x', id bigint, part int, more text);
CREATE TABLE scoped (id int, part int, val int, more text, ours bool DEFAULT true, PRIMARY KEY (id, part));
INSERT INTO scoped VALUES (1000, 0, 1, 'not ours', false);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN COALESCE(new, old); END $$;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OR DELETE ON loose FOR EACH ROW EXECUTE FUNCTION touch();
CALL stories(0.1, 'engine_mirror', 'engine_mirror.plain', 25);
CALL stories(0.2, NULL, 'engine_mirror.plain', 25, '{"load_columns": false}');
CALL stories(0.3, 'engine_mirror', 'engine_mirror.thirds', 25);
CALL stories(0.4, 'engine_mirror', 'engine_mirror.loose', 25);
CALL stories(0.5, NULL, 'engine_mirror.scoped', 25, '{"scope": "ours"}');
CALL stories(0.6, 'engine_mirror', 'engine_mirror.marked', 25, '{"soft_delete_column": "gone_at"}');
CALL stories(0.7, 'engine_mirror', 'engine_mirror.stamped', 25, '{"load_columns": true}');
SELECT count(DISTINCT _run_id) > 3 AS stamped FROM stamped;
SELECT more FROM scoped WHERE NOT ours;

SELECT count(drop_pipeline(id)) FROM pipelines WHERE destination_table LIKE 'engine_mirror.%';
SELECT disallow_pipelines('mirror_owner');
DROP SCHEMA engine_mirror CASCADE;
DROP SERVER engine_mirror CASCADE;
DROP OWNED BY mirror_owner;
DROP ROLE mirror_owner;
