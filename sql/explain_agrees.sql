-- explain_pipeline tells the plan of the next run, word for word: for every way to load.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_sluice;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SCHEMA explain_agrees;
SET search_path = explain_agrees, public;
SELECT split_part(current_setting('unix_socket_directories'), ', ', 1) AS socket, current_setting('port') AS port,
	current_database() AS database, current_user AS role \gset
CREATE SERVER explain_agrees FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host :'socket', port :'port', dbname :'database');
CREATE USER MAPPING FOR CURRENT_USER SERVER explain_agrees OPTIONS (user :'role');

CREATE TABLE src (id int, val text);
INSERT INTO src SELECT i, 'v' || i FROM generate_series(1, 900) AS i;
CREATE PROCEDURE agrees(destination_table text, load text DEFAULT 'append', options json DEFAULT '{}', columns text DEFAULT NULL,
	source text DEFAULT NULL, destination text DEFAULT NULL, keys text[] DEFAULT NULL, at text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
	plan CONSTANT text := '^(path|lock|keys|merge|mirror|history: a|scope|guards|cursor: rows|direct load|streams|indexes|foreign keys|transform|columns|sequences|analyze)\M';
	planned text[];
	told text[];
	read text[];
	line text;
	name text := 'explain_agrees';
	this_run uuid;
BEGIN
	PERFORM create_pipeline(name, source => source, source_table => 'explain_agrees.src', destination => destination,
		destination_table => destination_table, load => load, columns => columns, options => options::jsonb, key_columns => keys, cursor_column => at);
	planned := ARRAY(SELECT e FROM explain_pipeline(name) AS e WHERE e ~ plan);
	read := ARRAY(SELECT regexp_replace(e, '^\w+: ', '') FROM explain_pipeline(name) AS e WHERE e ~ '^(source|filter): ');
	COMMIT;
	this_run := trigger_pipeline(name);
	COMMIT;
	PERFORM wait_for_run(this_run);
	COMMIT;
	told := ARRAY(SELECT l.message FROM pipeline_log AS l WHERE l.run = this_run AND message ~ plan ORDER BY l.line);
	RAISE INFO '% %: %', load, destination_table, (SELECT coalesce(r.status || ' ' || r.error_message, r.status) FROM pipeline_runs AS r WHERE r.id = this_run);
	FOREACH line IN ARRAY planned LOOP
		RAISE INFO '  %', line;
	END LOOP;
	IF planned <> told THEN
		RAISE WARNING 'the run tells %', told;
	END IF;
	FOR line IN SELECT r FROM unnest(read) AS r
		WHERE NOT EXISTS (SELECT FROM pipeline_log AS l WHERE l.run = this_run AND l.message IN (r, 'reads ' || r))
	LOOP
		RAISE WARNING 'the run does not tell: %', line;
	END LOOP;
	PERFORM drop_pipeline(name);
	COMMIT;
END $$;

-- Tables as they are.
CREATE TABLE plain (id int, val text);
CALL agrees('plain');
CALL agrees('plain');
CREATE TABLE parent (id int PRIMARY KEY);
INSERT INTO parent SELECT id FROM src;
CREATE TABLE kept (id int PRIMARY KEY REFERENCES parent, val text, up int REFERENCES kept);
CREATE TABLE uses (id int REFERENCES kept);
CALL agrees('kept', 'replace');
CALL agrees('kept', columns => 'id + 1000 AS id');
DELETE FROM kept;
CALL agrees('kept', 'replace', '{"direct": "off", "analyze": "off"}');
ALTER TABLE kept DROP CONSTRAINT kept_up_fkey;
INSERT INTO parent SELECT id + 2000 FROM src;
CALL agrees('kept', columns => 'id + 2000 AS id');
-- Partitions.
CREATE TABLE parted (id int, val text) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (600);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (600) TO (2000);
CALL agrees('parted');
CALL agrees('parted', 'replace');
CREATE INDEX ON parted (val);
CALL agrees('parted', 'replace');
CALL agrees('parted_1', 'append', '{}', '1 AS id');
-- Empty ones.
CREATE TABLE filled (id int PRIMARY KEY, up int REFERENCES filled, val text);
CALL agrees('filled');
TRUNCATE filled;
CALL agrees('filled', 'append', '{"indexes": "keep"}');
TRUNCATE parted;
CALL agrees('parted');
TRUNCATE parted;
CALL agrees('parted', 'append', '{"indexes": "keep"}');
-- New ones.
CALL agrees('made', NULL);
CALL agrees('made_to_append', 'append', '{"direct": "off", "analyze": "off"}');
CALL agrees('explain_agrees."Made, too"', 'replace');
-- What is decoded.
CREATE PUBLICATION explain_agrees FOR TABLE kept, parted;
CALL agrees('kept', 'replace');
TRUNCATE parted;
CALL agrees('parted');
ALTER TABLE parted_1 REPLICA IDENTITY FULL;
ALTER TABLE parted_2 REPLICA IDENTITY FULL;
CALL agrees('parted', 'replace');
DROP PUBLICATION explain_agrees;
CREATE PUBLICATION explain_agrees FOR TABLES IN SCHEMA explain_agrees;
CALL agrees('published', 'append');
CALL agrees('explain_agrees.published_too', 'replace', '{"streams": 2}', source => 'explain_agrees');
DROP PUBLICATION explain_agrees;

-- By SQL.
CREATE VIEW seen AS SELECT * FROM plain;
CALL agrees('seen');
CALL agrees('seen', 'replace', source => 'explain_agrees');
CREATE FOREIGN TABLE far (id int, val text) SERVER explain_agrees OPTIONS (schema_name 'explain_agrees', table_name 'plain');
CALL agrees('far');
CREATE TABLE ruled (LIKE plain);
CREATE RULE ruled AS ON INSERT TO ruled WHERE new.id < 0 DO INSTEAD NOTHING;
CALL agrees('ruled', 'replace');
CREATE TABLE watched (LIKE plain);
ALTER TABLE watched ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CALL agrees('watched', source => 'explain_agrees');
CREATE TABLE child () INHERITS (ruled);
CALL agrees('child');
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER pass BEFORE INSERT ON parted_1 FOR EACH ROW EXECUTE FUNCTION pass();
CALL agrees('parted');
DROP TRIGGER pass ON parted_1;
CREATE TABLE late (id int UNIQUE DEFERRABLE, val text);
CALL agrees('late');
CALL agrees('late', 'replace');

-- Rows from a server, in one stream or in two.
CALL agrees('kept', 'replace', source => 'explain_agrees');
CALL agrees('made', 'replace', '{"streams": 1}', 'count(*) AS id', 'explain_agrees');
CALL agrees('kept', 'replace', '{"streams": 2}', source => 'explain_agrees');
CALL agrees('kept', 'replace', '{"streams": 2, "direct": "off"}', 'max(id) AS id', 'explain_agrees');
CALL agrees('kept', 'replace', '{"streams": 2}');
CALL agrees('parted', 'replace', '{"streams": 2}', source => 'explain_agrees');
CALL agrees('plain', 'append', '{"streams": 2}', source => 'explain_agrees');
TRUNCATE uses, kept, plain, filled;
CALL agrees('plain', 'append', '{"streams": 2}', source => 'explain_agrees');
CALL agrees('kept', 'append', '{"streams": 2}', source => 'explain_agrees');
CALL agrees('filled', 'append', '{"streams": 2, "indexes": "keep"}', source => 'explain_agrees');
CALL agrees('made_by_two', 'append', '{"streams": 2}', source => 'explain_agrees');
CALL agrees('kept', 'replace', '{"streams": "auto"}', source => 'explain_agrees');

-- By keys and by a cursor.
CREATE TABLE keyed (val text, id int PRIMARY KEY);
CALL agrees('keyed', NULL, keys => '{id}');
CALL agrees('keyed', 'merge', '{"merge_strategy": "insert_only"}', 'id + 100 AS id, val', 'explain_agrees', keys => '{id}', at => 'id');
CALL agrees('keyed', 'merge', '{"merge_strategy": "delete_insert", "streams": 2}', 'id, (SELECT val) AS val', 'explain_agrees', keys => '{id}');
CALL agrees('plain', 'merge', keys => '{id}', at => 'id');
CALL agrees('keyed', 'mirror', '{"on_empty": "load", "scope": "id < 50", "max_deletes": 7}', 'id, val', 'explain_agrees', keys => '{id}');
CALL agrees('made_to_mirror', 'mirror', '{"soft_delete_column": "gone"}', keys => '{id}');
CALL agrees('made_to_mirror', 'mirror', '{"soft_delete_column": "gone"}', keys => '{id}');
CALL agrees('versions', 'history', source => 'explain_agrees', keys => '{id}');
CALL agrees('versions', 'history', source => 'explain_agrees', keys => '{id}');
CALL agrees('versions', 'history', source => 'explain_agrees', keys => '{id}', at => 'id');
CALL agrees('made_to_merge', 'merge', source => 'explain_agrees', keys => '{id,val}', at => 'id');
CALL agrees('made_by_cursor', 'append', '{"streams": 2}', source => 'explain_agrees', at => 'id');
CALL agrees('made_by_cursor', 'append', at => 'id');

-- Columns and sequences.
CREATE TABLE fed (id smallint GENERATED ALWAYS AS IDENTITY, val varchar(3), twice int GENERATED ALWAYS AS (id * 2) STORED, at int DEFAULT 7, none text);
CALL agrees('fed', 'append', '{}', 'id, left(val, 2) AS val, id AS twice');
CALL agrees('fed', 'replace', '{"sequences": "off"}', 'id, left(val, 2) AS val');
ALTER TABLE fed ALTER val TYPE numeric(3, 0) USING 0;
CALL agrees('fed', 'replace', '{}', 'id, id / 8.0 AS val');

-- At another server.
CALL agrees('explain_agrees.far_made', 'append', destination => 'explain_agrees');
CALL agrees('explain_agrees.far_made', 'replace', '{"streams": 2, "analyze": "off"}', 'count(*) AS id', 'explain_agrees', 'explain_agrees');
CALL agrees('explain_agrees.plain', 'append', destination => 'explain_agrees', source => 'explain_agrees');

DROP SCHEMA explain_agrees CASCADE;
DROP SERVER explain_agrees CASCADE;
